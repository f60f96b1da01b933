/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Getting windows out of a delta's file: neighbours in one request, each handed to a worker when it is whole.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "delta.h"
#include "remote.h"

/* All borrowed. */
typedef struct {
        const char *path; /* of the delta's file, as `remote` finds it */
        const DeltaTable *table;
        const GArray *windows; /* uint32_t, ascending: those that are wanted */
        /* The frame of a wanted window, as it came. On any thread. False stops everything with the error set.
         */
        bool (*came)(void *user, uint32_t window, const uint8_t *frame, GError **error);
        /* A window that could not be had; `why` is borrowed. On any thread. */
        void (*lost)(void *user, uint32_t window, const GError *why);
        void *user;
} DeltaFetch;

/* One stretch of the file, and the wanted windows in it. */
typedef struct {
        uint64_t begin, end;
        guint first, count; /* of `windows` */
} DeltaRange;

/* Join wanted windows that lie side by side, or nearly so. Returns: owned array of DeltaRange. */
GArray *deltafetch_ranges(const DeltaTable *table, const GArray *windows);

/* Returns: owned array of `ranges` for remote.h; it borrows `path`, the path of the delta's file. */
RemoteRange *deltafetch_remote(const char *path, const GArray *ranges);

/* Fetch the wanted windows; each ends in came() or lost(), unless the fetch is stopped. At most `threads` are
 * worked on at once, and one more frame waits: frames take 8 MiB each at worst. Errors: what came() says, or
 * the depot being away (TRY_AGAIN, SYSTEM). */
bool deltafetch_run(const DeltaFetch *fetch, unsigned threads, Remote *remote, GError **error);
