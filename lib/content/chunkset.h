/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The different data chunks of a version's blobs. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "delta.h"
#include "idtable.h"

/* One chunk of one blob. */
typedef struct {
        uint32_t blob, chunk;
} ChunkRef;

typedef struct {
        DeltaBlobs blobs;
        GArray *refs; /* ChunkRef, in the order of the blobs, each id once */
        IdTable table;
} ChunkSet;

/* `set` must be neither copied nor moved. Memory: 16 bytes a chunk. */
void chunkset_init(ChunkSet *set, DeltaBlobs blobs);
void chunkset_clear(ChunkSet *set);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ChunkSet, chunkset_clear)

const ChunkId *chunkset_id(DeltaBlobs blobs, ChunkRef ref);
uint32_t chunkset_length(DeltaBlobs blobs, ChunkRef ref);

/* Find the chunks of `set` that `other` lacks, in order. Returns: owned array of ChunkRef. */
GArray *chunkset_difference(const ChunkSet *set, const ChunkSet *other);
