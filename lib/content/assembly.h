/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Putting blobs together (formats.md, "Assembly"): what a killed call left, then seeds, then packs.
 * Every chunk is checked before it counts; nothing is read twice. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "framefetch.h"
#include "index.h"
#include "locator.h"
#include "progress.h"
#include "remote.h"

/* Sizes are of content. */
typedef struct {
        uint64_t blob_bytes;    /* of all targets, holes included */
        uint64_t data_bytes;    /* without zero chunks */
        uint64_t present_bytes; /* found whole in what an earlier call left */
        uint64_t seed_bytes;    /* taken from seeds */
        uint64_t cloned_bytes;  /* of these, shared with the seed by the file system */
        uint64_t fetched_bytes; /* from packs */
} AssemblyStats;

typedef struct Assembly Assembly;

/* `progress` is borrowed and may be NULL. */
Assembly *assembly_new(Progress *progress);
void assembly_free(Assembly *assembly);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Assembly, assembly_free)

/* Add a blob that shall be at `path`, a partial file that may be there from before: what of it is right is
 * kept, what is not is cleared. `index` is borrowed until assembly_free(). Errors: NO_SPACE, SYSTEM. */
bool assembly_add_target(Assembly *assembly, const Index *index, const char *path, GError **error);

typedef enum {
        SEED_CLONE, /* share its blocks where the file system can (reflink): takes no space */
        SEED_COPY,  /* copy the rest */
} SeedMode;

/* Take from the file `path`, which `index` describes, what is missing. A seed that is not what its index says
 * only serves less. Call after all targets. Errors: NOT_FOUND, NO_SPACE, SYSTEM. */
bool assembly_use_seed(Assembly *assembly, const char *path, const Index *index, SeedMode mode,
                       GError **error);

/* Content bytes that are still missing: at most so much space will be needed. */
uint64_t assembly_missing_bytes(const Assembly *assembly);

/* Fetch what is missing. After an error, what was good is in the partial files, and a later call goes on from
 * there. Errors: CORRUPT if the locator or a pack is not what the index needs (all else was fetched),
 * NOT_FOUND if a pack is away, NO_SPACE, TRY_AGAIN or SYSTEM if the depot is away. */
bool assembly_fetch(Assembly *assembly, const Locator *locator, Remote *remote, GError **error);

/* Check that nothing is missing and fsync the targets. Errors: CORRUPT, NO_SPACE, SYSTEM. */
bool assembly_finish(Assembly *assembly, GError **error);

AssemblyStats assembly_stats(const Assembly *assembly);
