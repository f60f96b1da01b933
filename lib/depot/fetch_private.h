/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the parts of fetch.h: one fetch under way. */
#pragma once

#include "blobs.h"
#include "fetch.h"
#include "version.h"

typedef struct {
        Remote *remote;
        const FetchRequest *request;
        Version version;
        char *paths[BLOB_COUNT];    /* of the finished blobs */
        char *partials[BLOB_COUNT]; /* of the files in which blobs are assembled */
        bool done[BLOB_COUNT];      /* true if the finished blob is present */
        Assembly *assembly;
        GPtrArray *seeds; /* FetchSeed */
        int lock_fd;
} Fetch;

typedef struct {
        char *path;
        Index *index;
} FetchSeed;

/* --- fetch_output.c: the files that a fetch makes --- */

/* Errors: USAGE for a path that can never become an image. */
bool fetch_check_output(const char *output, GError **error);

/* Lock the partial file, since two calls for one output would write into it. Errors: CONFLICT if another call
 * has the lock. */
bool fetch_lock_output(Fetch *fetch, GError **error);

/* Drop the lock, and partial files that are of no use to a next call. */
void fetch_unlock_output(Fetch *fetch);

/* Find the blobs that are complete already. */
bool fetch_find_done(Fetch *fetch, GError **error);

/* Rename complete blobs to their names, with their indexes. The image comes last: a reader who sees the image
 * sees all blobs. */
bool fetch_show(Fetch *fetch, GError **error);

/* --- fetch_seeds.c: the files that bring content --- */

/* Find the seeds: the named ones, and the present output. Errors: NOT_FOUND if a named seed is absent. */
bool fetch_gather_seeds(Fetch *fetch, GError **error);
bool fetch_use_seeds(Fetch *fetch, SeedMode mode, GError **error);
void fetch_free_seeds(Fetch *fetch);

/* Exclude the content that seeds are expected to bring from the fetch (assembly_expect_seed()). */
void fetch_expect_seeds(Fetch *fetch);

/* Returns: owned array of the seeds as deltas know them; borrows from `fetch`. */
DeltaSeed *fetch_delta_seeds(const Fetch *fetch);
