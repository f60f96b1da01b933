/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of fetch.h share: one fetch under way. */
#pragma once

#include "blobs.h"
#include "fetch.h"
#include "version.h"

typedef struct {
        Remote *remote;
        const FetchRequest *request;
        Version version;
        char *paths[BLOB_COUNT];    /* where the blobs go */
        char *partials[BLOB_COUNT]; /* where they are put together */
        bool done[BLOB_COUNT];      /* is there already */
        Assembly *assembly;
        GPtrArray *seeds; /* FetchSeed */
        int lock_fd;
} Fetch;

typedef struct {
        char *path;
        Index *index;
} FetchSeed;

/* --- fetch_output.c: the files that a fetch makes --- */

/* False with USAGE for what can never become an image. */
bool fetch_check_output(const char *output, GError **error);

/* Two calls for one output would write into one partial file: take its lock. Errors: CONFLICT if another call
 * has it. */
bool fetch_lock_output(Fetch *fetch, GError **error);

/* Drop the lock, and partial files that are of no use to a next call. */
void fetch_unlock_output(Fetch *fetch);

/* Find out which blobs are there already, complete. */
bool fetch_find_done(Fetch *fetch, GError **error);

/* Rename what is complete to its name, with its index. The image comes last: whoever sees it sees all. */
bool fetch_show(Fetch *fetch, GError **error);

/* --- fetch_seeds.c: the files that content is taken from --- */

/* Find the seeds: those that were named, and what the output is now. Errors: NOT_FOUND if one that was named
 * is absent. */
bool fetch_gather_seeds(Fetch *fetch, GError **error);
bool fetch_use_seeds(Fetch *fetch, SeedMode mode, GError **error);
void fetch_free_seeds(Fetch *fetch);

/* Leave what seeds are to bring out of what is fetched (assembly_expect_seed()). */
void fetch_expect_seeds(Fetch *fetch);

/* Returns: owned array of the seeds as deltas know them; borrows from `fetch`. */
DeltaSeed *fetch_delta_seeds(const Fetch *fetch);
