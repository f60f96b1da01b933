/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which apt sources an image is built from: those of this machine that hold the suite, or a mirror that is
 * named; and the description's own. As deb822 paragraphs (sources.list(5)). */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What the machine's apt has: one source, for one release. */
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
GPtrArray *apt_sources_of_machine(GError **error);

/* Pure: the paragraphs for `suite` with its updates and security updates, out of the machine's sources. Where
 * they do not hold the suite, their Debian site with the suite put in. Returns: owned. Errors: NOT_FOUND if
 * there is no Debian source at all. */
char *apt_sources_for_suite(const GPtrArray *machine, const char *suite, GError **error);

/* Pure: the paragraph for a mirror; signed by what the machine's Debian sources are. Returns: owned. */
char *apt_sources_for_mirror(const GPtrArray *machine, const char *mirror, const char *suite);

/* Pure: a one-line source of a description, its signed-by= taken from `directory` where it is relative.
 * Returns: owned line. */
char *apt_source_line(const char *line, const char *directory);

/* Pure: the value of Signed-By in paragraph `number` (from 1) of a deb822 file, or of line `number` of a
 * one-line file. Returns: owned, or NULL. */
char *apt_signed_by(const char *content, bool deb822, unsigned number);
