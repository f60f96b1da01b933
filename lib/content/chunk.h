/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chunks (formats.md, "Chunks"): their bounds, their ids, and the table of zero chunks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
        CHUNK_BLOCK_BYTES = 4096,
        CHUNK_MIN_BYTES = 16 * 1024,
        CHUNK_AVERAGE_BYTES = 64 * 1024,
        CHUNK_DATA_MAX_BYTES = 256 * 1024,
        CHUNK_ZERO_RUN_MIN_BYTES = 64 * 1024,
        CHUNK_ZERO_MAX_BYTES = 16 * 1024 * 1024,
};

/* SHA-256 of the content. */
typedef struct {
        uint8_t bytes[32];
} ChunkId;

/* For a GHashTable with ids as its keys. */
unsigned chunk_id_hash(const void *id);
int chunk_id_equal(const void *a, const void *b);

/* The id of `length` zero bytes; NULL unless the length is a power of two from 4 KiB to 16 MiB.
 * Returns: constant. */
const ChunkId *chunk_zero_id(uint64_t length);

/* True if the table of zero chunks has this id for this length. Zero chunks are never stored. */
bool chunk_is_zero(const ChunkId *id, uint64_t length);

/* The length of the first chunk of a run of `run_bytes` zeros (a multiple of 4 KiB, > 0): the largest power
 * of two that fits, at most 16 MiB. */
uint64_t chunk_zero_length(uint64_t run_bytes);
