/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the parts of gc.h. */
#pragma once

#include "catalog.h"
#include "gc.h"
#include "pack.h"
#include "version.h"

/* The size of a pack, and the bytes that versions need. */
typedef struct {
        uint64_t bytes, live_bytes;
} PackUse;

typedef enum { PACK_STAYS, PACK_COMPACTED, PACK_REMOVED } PackFate;

/* Pure: decide about a pack. */
PackFate gc_pack_fate(PackUse use, unsigned threshold_percent);

/* The facts about a published version that gc needs. */
typedef struct {
        const PackageEntry *entry;
        bool moves;        /* some of its chunks lie in packs to remove */
        bool rewritten;    /* its locator is written again */
        GPtrArray *deltas; /* GcDelta that its locator names */
} GcVersion;

typedef struct {
        char *name;
        uint64_t bytes;
        GBytes *sources; /* digests of its source indexes */
        bool stays;
} GcDelta;

/* Reads a version; tests pass their own function. */
typedef bool (*GcLoad)(const GcPlan *plan, const PackageEntry *entry, Version *version, GError **error);

struct GcPlan {
        Repository *repository;
        Remote *remote; /* the depot's directory */
        GcLoad load;
        unsigned threshold_percent;
        GPtrArray *versions; /* GcVersion, as published: newest first */
        GHashTable *gone;    /* names of packs to remove; owned */
        GPtrArray *removals; /* char *, paths of all files to remove, packs included */
        uint64_t copied_chunks;
        GcSummary summary;
};

/* gc_plan() with another way to read versions. */
GcPlan *gc_plan_with(Repository *repository, unsigned threshold_percent, GcLoad load, Progress *progress,
                     GError **error);

/* The facts from which the plan is made. */
typedef struct {
        GcPlan *plan;
        Catalog *catalog;
        uint8_t *live;     /* by chunk number */
        PackUse *uses;     /* by pack number */
        uint64_t *counts;  /* live chunks, by pack number */
        GHashTable *named; /* packs by name -> number plus one */
        GPtrArray *needs;  /* for each version, the set of pack numbers that its chunks or its locator name */
        GHashTable *sources;      /* GBytes: digests of the indexes of each version */
        GHashTable *named_deltas; /* names of the deltas that stay */
} GcSurvey;

void gc_survey_clear(GcSurvey *survey);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GcSurvey, gc_survey_clear)

/* Read the chunk lists; then every version. Together they fill in all but the decisions about packs and
 * deltas. */
bool gc_survey_begin(GcSurvey *survey, GError **error);
bool gc_survey_versions(GcSurvey *survey, Progress *progress, GError **error);

/* Returns: owned absolute path in the depot. */
char *gc_path(const GcPlan *plan, const char *inside);

/* Copies frames from packs to remove into new packs. Memory: a record for each chunk of all packs, and two
 * batches. */
typedef struct GcCopy GcCopy;

/* New packs are made in `work`. */
GcCopy *gc_copy_new(const GcPlan *plan, const char *work, Progress *progress, GError **error);
void gc_copy_free(GcCopy *copy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GcCopy, gc_copy_free)

/* Copy the frames that the version needs and that no remaining pack has. Errors: CORRUPT with the pack. */
bool gc_copy_version(GcCopy *copy, const Version *version, GError **error);

/* The new packs (PackFile; owned by `copy`). */
const GPtrArray *gc_copy_finish(GcCopy *copy, GError **error);

/* The place of every chunk after gc_copy_finish(); borrowed. */
Catalog *gc_copy_catalog(GcCopy *copy);
