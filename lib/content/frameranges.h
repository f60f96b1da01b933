/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which ranges of which packs hold the frames that are wanted: pure, for framefetch.c. */
#pragma once

#include "framefetch.h"

/* One stretch of a pack, and the frames in it. */
typedef struct {
        uint32_t pack;
        uint64_t begin, end;
        size_t first, count; /* of wanted */
} FrameRange;

/* Where the frame ends in its pack. */
uint64_t frameranges_place_end(const ChunkPlace *place);

/* Sort `wanted` by place and join neighbours. What lies outside its pack or upon another frame goes to
 * fetch->bad(), what is wanted twice is left out: `count` gets what is kept. Returns: owned array of
 * FrameRange. */
GArray *frameranges_make(const FrameFetch *fetch, FrameWanted *wanted, size_t *count);

/* The same as remote.h wants them: owned. `paths` gets the owned paths they borrow. */
RemoteRange *frameranges_remote(const FrameFetch *fetch, const GArray *ranges, GPtrArray *paths);
