/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the output of `apt-get --simulate`. Pure: tests/cases/apt-simulation.case. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { APT_SIMULATION_MAX_BYTES = 16 * 1024 * 1024 };

/* Names are owned; of a foreign architecture they end in ":i386". */
typedef struct {
        char *name;
        char *from; /* installed version; NULL: none */
        char *to;   /* new version; NULL: it is removed */
} AptChange;

void apt_change_free(void *change);

/* Returns: owned array of owned AptChange, in apt's order. Errors: CORRUPT, quoting the line that is not
 * understood: the caller must then change nothing. */
GPtrArray *apt_simulation_parse(GBytes *text, GError **error);

/* True if every package that would be removed is in `allowed` (char *; may be NULL). Errors: CONFLICT naming those
 * that are not. */
bool apt_simulation_check_removals(const GPtrArray *changes, const GPtrArray *allowed, GError **error);

/* True if every package that would be installed is a key of `allowed`. Errors: CONFLICT naming those that are not. */
bool apt_simulation_check_arrivals(const GPtrArray *changes, GHashTable *allowed, GError **error);
