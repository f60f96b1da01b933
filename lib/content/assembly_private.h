/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of assembly.h share: the targets, and the table of what is missing in them. */
#pragma once

#include "assembly.h"
#include "idtable.h"
#include "target.h"

/* A chunk that is missing. Others of the same id follow by `next`. */
typedef struct {
        uint32_t target;
        uint32_t chunk;
        uint32_t next; /* number of a Missing, or IDTABLE_NONE */
} Missing;

struct Assembly {
        Progress *progress;
        GPtrArray *targets; /* Target */
        GArray *missing;    /* Missing; those with an id of their own are in the table */
        IdTable table;
        AssemblyStats stats;
        GMutex lock; /* of stats and first_bad, while workers run */
        GError *first_bad;
        size_t bad_count;
};

/* Missing number `number`, the target it is in, and whether it has come meanwhile. */
Missing *assembly_missing_at(const Assembly *assembly, uint32_t number);
Target *assembly_target_of(const Assembly *assembly, const Missing *missing);
bool assembly_has(const Assembly *assembly, const Missing *missing);

/* True if `number`, or one of the same id, is still missing. */
bool assembly_lacks(const Assembly *assembly, uint32_t number);

/* Put checked content wherever its id is missing; adds to `bytes` what that was. Any thread, one for each id.
 */
bool assembly_write(Assembly *assembly, uint32_t number, const uint8_t *content, uint64_t *bytes,
                    GError **error);
