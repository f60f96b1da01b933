/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ranges of packs that hold the wanted frames: pure, for framefetch.c. */
#pragma once

#include "framefetch.h"

/* One stretch of a pack, and the frames in it. */
typedef struct {
        uint32_t pack;
        uint64_t begin, end;
        size_t first, count; /* of wanted */
} FrameRange;

/* Returns the offset in the pack after the frame. */
uint64_t frameranges_place_end(const ChunkPlace *place);

/* Sort `wanted` by place and join neighbours. A frame outside its pack or on top of another frame goes to
 * fetch->bad(). Of two equal frames one is dropped. `count` gets the number of kept frames. Returns: owned
 * array of FrameRange. */
GArray *frameranges_make(const FrameFetch *fetch, FrameWanted *wanted, size_t *count);

/* Returns: owned array of `ranges` for remote.h. `paths` gets the owned paths that the array borrows. */
RemoteRange *frameranges_remote(const FrameFetch *fetch, const GArray *ranges, GPtrArray *paths);
