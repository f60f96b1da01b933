/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frees space: removes packs, deltas and locators that no published version needs, and compacts packs with
 * many dead bytes. gc_plan() changes nothing; gc_run() carries the plan out. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "progress.h"
#include "repository.h"

enum { GC_THRESHOLD_PERCENT = 25 };

typedef struct {
        uint64_t packs, pack_bytes; /* at the beginning */
        uint64_t dead_bytes;        /* of these packs, needed by no version */
        uint64_t removed_packs;     /* packs without a live byte */
        uint64_t compacted_packs;   /* packs whose share of dead bytes is above the threshold */
        uint64_t removed_deltas;    /* deltas from unpublished versions, or that no locator names */
        uint64_t removed_others;    /* locators without version and chunk lists without pack */
        uint64_t locators;          /* written again: they name a removed file, or are damaged */
        uint64_t copied_bytes;      /* live frames of compacted packs */
        uint64_t removed_bytes;     /* of all removed files; minus copied_bytes it is the freed space */
        uint64_t needed_bytes;      /* free space that the collection needs */
} GcSummary;

typedef struct GcPlan GcPlan;

/* Plan a collection. `repository` must be locked, and is borrowed until gc_plan_free(). Packs with a share of
 * more than `threshold_percent` dead bytes are compacted. Memory: tens of bytes for each chunk of the depot.
 * Errors: CORRUPT if a version lacks a chunk or has a bad package, SYSTEM. */
GcPlan *gc_plan(Repository *repository, unsigned threshold_percent, Progress *progress, GError **error);
void gc_plan_free(GcPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GcPlan, gc_plan_free)

const GcSummary *gc_plan_summary(const GcPlan *plan);

/* True if there is nothing to do. */
bool gc_plan_is_empty(const GcPlan *plan);

/* Carry the plan out; an empty plan writes nothing. Readers find all chunks at any moment, by the old
 * locators or the new. Errors: NO_SPACE before anything is written if the disk is too small, CORRUPT with the
 * pack if a needed frame is damaged, SYSTEM; then the depot is unchanged. */
bool gc_run(const GcPlan *plan, Progress *progress, GError **error);
