/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives space back: removes packs, deltas and locators that no published version needs, and compacts packs of
 * which much is dead. gc_plan() changes nothing; gc_run() carries the plan out. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "progress.h"
#include "repository.h"

enum { GC_THRESHOLD_PERCENT = 25 };

typedef struct {
        uint64_t packs, pack_bytes; /* at the beginning */
        uint64_t dead_bytes;        /* of them, needed by no version */
        uint64_t removed_packs;     /* of which all is dead */
        uint64_t compacted_packs;   /* whose share of dead bytes is above the threshold */
        uint64_t removed_deltas; /* that lead from a version which is not published, or are named nowhere */
        uint64_t removed_others; /* locators and chunk lists of nothing */
        uint64_t locators;       /* written again: they named a file that goes, or were damaged */
        uint64_t copied_bytes;   /* live frames of compacted packs */
        uint64_t removed_bytes;  /* of all files that go; less what is copied, it is what is freed */
        uint64_t needed_bytes;   /* free space that it takes */
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

/* Carry the plan out; an empty plan writes nothing. Readers find all chunks at any moment, by the old locators
 * or the new. Errors: NO_SPACE before anything is written if the disk is too small, CORRUPT with the pack if a
 * needed frame is damaged, SYSTEM; then the depot is unchanged. */
bool gc_run(const GcPlan *plan, Progress *progress, GError **error);
