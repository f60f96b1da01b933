/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Assembles blobs (formats.md, "Assembly"): from the partial files of a killed call, then from seeds, then from
 * a delta or packs. Every chunk is checked before it counts, and no byte is read twice. */
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
        uint64_t present_bytes; /* found whole in the files of an earlier call */
        uint64_t seed_bytes;    /* taken from seeds */
        uint64_t cloned_bytes;  /* of these, shared with the seed by the file system */
        uint64_t delta_bytes;   /* made by a delta */
        uint64_t fetched_bytes; /* from packs */
} AssemblyStats;

typedef struct Assembly Assembly;

typedef enum {
        ASSEMBLY_WRITE,
        ASSEMBLY_LOOK, /* write nothing: only find the present chunks, and those that SEED_COPY would bring */
} AssemblyMode;

/* `progress` is borrowed and may be NULL. */
Assembly *assembly_new(AssemblyMode mode, Progress *progress);
void assembly_free(Assembly *assembly);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Assembly, assembly_free)

/* Add a blob to assemble in `path`. If that partial file exists, correct chunks are kept and all others are
 * cleared. `index` is borrowed until assembly_free(). Errors: NO_SPACE, SYSTEM. */
bool assembly_add_target(Assembly *assembly, const Index *index, const char *path, GError **error);

typedef enum {
        SEED_CLONE, /* share its blocks where the file system can (reflink): takes no space */
        SEED_COPY,  /* copy the rest */
} SeedMode;

/* Take missing chunks from the file `path`, which `index` describes. A seed that differs from its index merely
 * serves less. Call after all targets are added. Errors: NOT_FOUND, NO_SPACE, SYSTEM. */
bool assembly_use_seed(Assembly *assembly, const char *path, const Index *index, SeedMode mode,
                       GError **error);

/* Leave the chunks of a seed with that index out of plans and fetches, while assembly_use_seed() may still run
 * on another thread. A slow link then does not wait for a slow disk. */
void assembly_expect_seed(Assembly *assembly, const Index *index);
void assembly_expect_nothing(Assembly *assembly);

/* assembly_missing_bytes(): the content bytes still missing, which bound the space that the assembly needs.
 * assembly_wanted_bytes(): the same without the bytes that seeds are expected to bring. */
uint64_t assembly_missing_bytes(const Assembly *assembly);
uint64_t assembly_wanted_bytes(const Assembly *assembly);

/* A depot's content and how to reach it. All fields are borrowed as long as a plan made of them lives. */
typedef struct {
        Remote *remote;
        ContentPath pack_path, delta_path;
        const Locator *locator;
        DeltaBlobs blobs; /* of the version: the indexes of all its blobs, in the order that deltas count */
        const DeltaSeed *seeds; /* files that deltas may start from */
        size_t seed_count;
} AssemblySource;

/* The cost of a fetch in which nothing goes wrong. */
typedef struct {
        uint64_t delta_bytes, pack_bytes; /* to be read from the depot */
        uint64_t requests;
        uint64_t content_by_delta, content_by_packs;
} AssemblyCost;

typedef struct AssemblyPlan AssemblyPlan;

/* Choose how to fetch the missing content: by a delta, by packs or by both, with the least bytes and requests.
 * Reads seeds, but nothing from the depot. Errors: CORRUPT if the locator does not fit. */
AssemblyPlan *assembly_plan(Assembly *assembly, const AssemblySource *source, GError **error);
void assembly_plan_free(AssemblyPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AssemblyPlan, assembly_plan_free)
const AssemblyCost *assembly_plan_cost(const AssemblyPlan *plan); /* owned by the plan */

/* Fetch the missing content. Packs bring the chunks that a delta fails to bring, and assembly_note() reports
 * that. After an error the partial files keep all correct chunks, and a later call continues from there.
 * Errors: CORRUPT if the locator or a pack does not fit the index (all else was fetched), NOT_FOUND if a pack
 * is absent, NO_SPACE, TRY_AGAIN or SYSTEM if the depot cannot be reached. */
bool assembly_fetch(Assembly *assembly, const AssemblyPlan *plan, GError **error);

/* Returns the first reason why a delta did not serve, or not with all its windows (owned by `assembly`); NULL
 * if there is none. `windows` gets the number of lost windows, 0 if the whole delta was lost. */
const char *assembly_note(const Assembly *assembly, size_t *windows);

/* Check that nothing is missing and fsync the targets. Errors: CORRUPT, NO_SPACE, SYSTEM. */
bool assembly_finish(Assembly *assembly, GError **error);

AssemblyStats assembly_stats(const Assembly *assembly);
