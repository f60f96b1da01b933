/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choose the apt sources of an image: this machine's sources that hold the suite, or a given mirror; and the
 * description's own. As deb822 paragraphs (sources.list(5)). */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* One source of this machine's apt, for one release. */
typedef struct {
        char *uri;
        char *release;  /* as the source names it */
        char *codename; /* as its InRelease says, or "" */
        char *origin;   /* the same */
        char *component;
        char *signed_by; /* the value of Signed-By, lines and all, or NULL */
} AptSource;

void apt_source_free(AptSource *source);

/* Ask apt-get which sources this machine has. Returns: owned AptSource. Errors: NOT_FOUND without apt,
 * SYSTEM. */
GPtrArray *sources_of_machine(GError **error);

/* Returns: owned paragraphs for `suite` with its updates and security updates, from the machine's sources; if
 * they do not hold the suite, from their Debian site with the suite put in. Pure. Errors: NOT_FOUND without
 * any Debian source. */
char *sources_for_suite(const GPtrArray *machine, const char *suite, GError **error);

/* Returns: owned paragraph for a mirror, signed by the keys of the machine's Debian sources. Pure. */
char *sources_for_mirror(const GPtrArray *machine, const char *mirror, const char *suite);

/* Returns: owned one-line source of a description, with a relative signed-by= completed by `directory`. Pure.
 */
char *sources_line(const char *line, const char *directory);

/* Returns: owned value of Signed-By in paragraph `number` (from 1) of a deb822 file, or in line `number` of a
 * one-line file; or NULL. Pure. */
char *sources_signed_by(const char *content, bool deb822, unsigned number);
