/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `apt-get --simulate` says that it would do. Pure: tests/cases/apt-simulation.case. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { APT_SIMULATION_MAX_BYTES = 16 * 1024 * 1024 };

/* Names are owned; of a foreign architecture they end in ":i386". */
typedef struct {
        char *name;
        char *from; /* the version that is there; NULL: none */
        char *to;   /* the version that comes; NULL: it goes */
} AptChange;

void apt_change_free(void *change);

/* Returns: owned array of owned AptChange, in apt's order. Errors: CORRUPT, quoting the line that is not
 * understood: then nothing is to be done. */
GPtrArray *apt_simulation_parse(GBytes *text, GError **error);

/* Is all that would go among `allowed` (char *; may be NULL)? Errors: CONFLICT naming those that are not. */
bool apt_simulation_check_removals(const GPtrArray *changes, const GPtrArray *allowed, GError **error);

/* Is all that would come among the keys of `allowed`? Errors: CONFLICT naming those that are not. */
bool apt_simulation_check_arrivals(const GPtrArray *changes, GHashTable *allowed, GError **error);
