/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of gc.h that decides whether a pack stays, is compacted or is removed. */
#include "gc_private.h"

PackFate gc_pack_fate(PackUse use, unsigned threshold_percent)
{
        uint64_t dead_bytes = use.bytes - use.live_bytes;
        if (use.live_bytes == 0)
                return PACK_REMOVED;
        return dead_bytes * 100 > use.bytes * threshold_percent ? PACK_COMPACTED : PACK_STAYS;
}
