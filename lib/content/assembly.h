/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Putting blobs together (formats.md, "Assembly"): what a killed call left, then seeds, then a delta or
 * packs. Every chunk is checked before it counts; nothing is read twice. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "delta.h"
#include "deltasource.h"
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
        uint64_t delta_bytes;   /* made by a delta */
        uint64_t fetched_bytes; /* from packs */
} AssemblyStats;

typedef struct Assembly Assembly;

typedef enum {
        ASSEMBLY_WRITE,
        ASSEMBLY_LOOK, /* write nothing: only find out what is there, and what seeds would bring by SEED_COPY
                        */
} AssemblyMode;

/* `progress` is borrowed and may be NULL. */
Assembly *assembly_new(AssemblyMode mode, Progress *progress);
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

/* Leave what a seed of that index is to bring out of plans and fetches, as long as assembly_use_seed() may
 * still be at work on another thread: so a slow link need not wait for a slow disk. */
void assembly_expect_seed(Assembly *assembly, const Index *index);
void assembly_expect_nothing(Assembly *assembly);

/* Content bytes that are still missing: at most so much space will be needed. Of these, what is not expected
 * of seeds. */
uint64_t assembly_missing_bytes(const Assembly *assembly);
uint64_t assembly_wanted_bytes(const Assembly *assembly);

/* Where content may be fetched from. All is borrowed for as long as a plan made of it lives. */
typedef struct {
        Remote *remote;
        ContentPath pack_path, delta_path;
        const Locator *locator;
        DeltaBlobs blobs; /* of the version: the indexes of all its blobs, in the order that deltas count */
        const DeltaSeed *seeds; /* what deltas may lead from */
        size_t seed_count;
} AssemblySource;

/* What a fetch takes, if nothing goes wrong. */
typedef struct {
        uint64_t delta_bytes, pack_bytes; /* to be read from the depot */
        uint64_t requests;
        uint64_t content_by_delta, content_by_packs;
} AssemblyCost;

typedef struct AssemblyPlan AssemblyPlan;

/* Choose how to fetch what is missing: by a delta, by packs or by both, whatever is least of bytes and
 * requests. Reads seeds, but nothing from the depot. Errors: CORRUPT if the locator does not fit. */
AssemblyPlan *assembly_plan(Assembly *assembly, const AssemblySource *source, GError **error);
void assembly_plan_free(AssemblyPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AssemblyPlan, assembly_plan_free)
const AssemblyCost *assembly_plan_cost(const AssemblyPlan *plan); /* owned by the plan */

/* Fetch what is missing. What a delta does not bring comes from packs, and assembly_note() says so. After an
 * error, what was good is in the partial files, and a later call goes on from there. Errors: CORRUPT if the
 * locator or a pack is not what the index needs (all else was fetched), NOT_FOUND if a pack is away,
 * NO_SPACE, TRY_AGAIN or SYSTEM if the depot is away. */
bool assembly_fetch(Assembly *assembly, const AssemblyPlan *plan, GError **error);

/* Why a delta could not serve, or not with all its windows: the first reason (owned by `assembly`), and the
 * number of windows that were lost, 0 if it was the delta as a whole. NULL if there is nothing to say. */
const char *assembly_note(const Assembly *assembly, size_t *windows);

/* Check that nothing is missing and fsync the targets. Errors: CORRUPT, NO_SPACE, SYSTEM. */
bool assembly_finish(Assembly *assembly, GError **error);

AssemblyStats assembly_stats(const Assembly *assembly);
