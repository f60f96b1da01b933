/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches windows of a delta's file: neighbours in one request, each handed to a worker once it is complete. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "delta.h"
#include "remote.h"

/* All borrowed. */
typedef struct {
        const char *path; /* of the delta's file, for `remote` */
        const DeltaTable *table;
        const GArray *windows; /* uint32_t, ascending: the wanted windows */
        /* Gets the frame of a wanted window. Any thread. False stops the fetch with the error set. */
        bool (*came)(void *user, uint32_t window, const uint8_t *frame, GError **error);
        /* Gets the number of a window that could not be fetched; `why` is borrowed. Any thread. */
        void (*lost)(void *user, uint32_t window, const GError *why);
        void *user;
} DeltaFetch;

/* One stretch of the file, and the wanted windows in it. */
typedef struct {
        uint64_t begin, end;
        guint first, count; /* of `windows` */
} DeltaRange;

/* Join wanted windows that are neighbours, or nearly so. Returns: owned array of DeltaRange. */
GArray *deltafetch_ranges(const DeltaTable *table, const GArray *windows);

/* Returns: owned array of `ranges` for remote.h; it borrows `path`, the path of the delta's file. */
RemoteRange *deltafetch_remote(const char *path, const GArray *ranges);

/* Fetch the wanted windows. Each ends in came() or lost(), unless the fetch is stopped. At most `threads`
 * frames are worked on at once, and one more waits; a frame takes at most 8 MiB. Errors: those of came(),
 * TRY_AGAIN or SYSTEM if the depot cannot be reached. */
bool deltafetch_run(const DeltaFetch *fetch, unsigned threads, Remote *remote, GError **error);
