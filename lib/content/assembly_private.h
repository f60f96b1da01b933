/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of assembly.h share: the targets, and the table of what is missing in them. */
#pragma once

#include "assembly.h"
#include "framefetch.h"
#include "idtable.h"
#include "target.h"

/* A chunk that is missing. Others of the same id follow by `next`. */
typedef struct {
        uint32_t target;
        uint32_t chunk;
        uint32_t next; /* number of a Missing, or IDTABLE_NONE */
} Missing;

struct Assembly {
        AssemblyMode mode;
        Progress *progress;
        GPtrArray *targets; /* Target */
        GArray *missing;    /* Missing; those with an id of their own are in the table */
        IdTable table;
        uint8_t *expected; /* for each number: seeds are to bring it; NULL if none are */
        AssemblyStats stats;
        GMutex lock; /* of what follows and of stats, while workers run */
        GError *first_bad;
        size_t bad_count;
        GError *first_lost; /* of the windows of deltas */
        size_t lost_count;
};

/* How what is missing will be fetched. */
struct AssemblyPlan {
        AssemblySource source;
        AssemblyCost cost;
        GPtrArray *deltas;    /* DeltaSource: all that could be used */
        DeltaSource *delta;   /* the chosen one of them, or NULL */
        GArray *windows;      /* uint32_t, ascending: those of it that are wanted */
        uint32_t *window_for; /* for each number of a Missing: the window that brings it, or IDTABLE_NONE */
};

/* Missing number `number`, the target it is in, and whether it has come meanwhile. */
Missing *assembly_missing_at(const Assembly *assembly, uint32_t number);
Target *assembly_target_of(const Assembly *assembly, const Missing *missing);
bool assembly_has(const Assembly *assembly, const Missing *missing);

/* True if `number`, or one of the same id, is still missing. */
bool assembly_lacks(const Assembly *assembly, uint32_t number);

/* True if `number` or one of the same id is missing, and not expected of seeds. Only numbers in the table. */
bool assembly_wants(const Assembly *assembly, uint32_t number);

/* Put checked content wherever its id is missing; adds to `bytes` what that was. Any thread, one for each id.
 */
bool assembly_write(Assembly *assembly, uint32_t number, const uint8_t *content, uint64_t *bytes,
                    GError **error);

/* A delta, or a window of one, that cannot serve; `windows` are lost by that. Any thread. */
void assembly_lose(Assembly *assembly, size_t windows, const GError *why);

/* What is missing, each id once, at the places that the locator tells. Returns: owned array of FrameWanted,
 * tagged with the number. Errors: CORRUPT. */
GArray *assembly_locate(const Assembly *assembly, const Locator *locator, GError **error);

/* Fetch by the plan's delta; what it does not bring stays missing. Errors: NO_SPACE, TRY_AGAIN, SYSTEM. */
bool assembly_fetch_delta(Assembly *assembly, const AssemblyPlan *plan, GError **error);
