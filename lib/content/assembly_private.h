/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the parts of assembly.h: the targets, and the table of missing chunks. */
#pragma once

#include "assembly.h"
#include "framefetch.h"
#include "idtable.h"
#include "target.h"

/* A missing chunk. `next` leads to others with the same id. */
typedef struct {
        uint32_t target;
        uint32_t chunk;
        uint32_t next; /* number of a Missing, or IDTABLE_NONE */
} Missing;

struct Assembly {
        AssemblyMode mode;
        Progress *progress;
        GPtrArray *targets; /* Target */
        GArray *missing;    /* Missing; the first of each id is in the table */
        IdTable table;
        uint8_t *expected; /* by number: true if a seed is expected to bring it; NULL: no seed is expected */
        AssemblyStats stats;
        GMutex lock; /* of stats and the fields below, while workers run */
        GError *first_bad;
        size_t bad_count;
        GError *first_lost; /* of the windows of deltas */
        size_t lost_count;
};

/* How the missing chunks will be fetched. */
struct AssemblyPlan {
        AssemblySource source;
        AssemblyCost cost;
        GPtrArray *deltas;    /* DeltaSource: all usable deltas */
        DeltaSource *delta;   /* the chosen delta of these, or NULL */
        GArray *windows;      /* uint32_t, ascending: its wanted windows */
        uint32_t *window_for; /* by number of a Missing: the window that brings it, or IDTABLE_NONE */
};

/* Return the Missing with that number; its target; true if its chunk has been written. */
Missing *assembly_missing_at(const Assembly *assembly, uint32_t number);
Target *assembly_target_of(const Assembly *assembly, const Missing *missing);
bool assembly_has(const Assembly *assembly, const Missing *missing);

/* True if `number`, or another chunk with the same id, is still missing. */
bool assembly_lacks(const Assembly *assembly, uint32_t number);

/* True if `number`, or another chunk with the same id, is missing and no seed is expected to bring it.
 * `number` must be in the table. */
bool assembly_wants(const Assembly *assembly, uint32_t number);

/* Write checked content at each place where its id is missing, and add the bytes to `bytes`. Any thread, but
 * one thread for each id. */
bool assembly_write(Assembly *assembly, uint32_t number, const uint8_t *content, uint64_t *bytes,
                    GError **error);

/* Note why a delta, or a window of a delta, cannot serve; `windows` windows are lost. Any thread. */
void assembly_lose(Assembly *assembly, size_t windows, const GError *why);

/* Returns: owned array of FrameWanted: each missing id once, at the place in the locator, tagged with its
 * number. Errors: CORRUPT. */
GArray *assembly_locate(const Assembly *assembly, const Locator *locator, GError **error);

/* Fetch by the plan's delta. Chunks that the delta does not bring stay missing. Errors: NO_SPACE, TRY_AGAIN,
 * SYSTEM. */
bool assembly_fetch_delta(Assembly *assembly, const AssemblyPlan *plan, GError **error);
