/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The index of a blob: its chunks in order, as a casync blob index (.caibx; formats.md, "Index"). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chunk.h"

#define INDEX_MAX_BYTES      ((size_t)256 << 20)
#define INDEX_MAX_BLOB_BYTES ((uint64_t)16 << 40)

typedef struct Index Index;

/* Check `bytes` (a reference is kept) as an index. `name` is for messages.
 * Errors: CORRUPT for anything but a well-formed index of at most 16 TiB, with chunks of 1 byte to 256 KiB in
 * order, or zero chunks of up to 16 MiB. */
Index *index_parse(GBytes *bytes, const char *name, GError **error);

/* Map and check the file `path`. Errors: NOT_FOUND, CORRUPT, SYSTEM. */
Index *index_load(const char *path, GError **error);
void index_free(Index *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Index, index_free)

/* Return the number of chunks; the bytes of the blob. */
size_t index_count(const Index *index);
uint64_t index_blob_bytes(const Index *index);

/* Return the offset, the length and the id (owned by the index) of chunk `i` (< count). */
uint64_t index_offset(const Index *index, size_t i);
uint32_t index_length(const Index *index, size_t i);
const ChunkId *index_id(const Index *index, size_t i);
bool index_is_zero(const Index *index, size_t i);

/* SHA-256 of the index as stored: its identity in locators and deltas. The first call computes it. */
void index_digest(const Index *index, uint8_t digest[32]);
GBytes *index_bytes(const Index *index); /* borrowed */

/* Writes an index while its chunks become known. Memory does not grow with the index. */
typedef struct IndexWriter IndexWriter;

/* Create or empty `path`. Errors: NO_SPACE, SYSTEM. */
IndexWriter *index_writer_new(const char *path, GError **error);
bool index_writer_add(IndexWriter *writer, const ChunkId *id, uint32_t length, GError **error);

/* Write the tail and fsync. Only index_writer_free() may follow. Errors: NO_SPACE, SYSTEM. */
bool index_writer_finish(IndexWriter *writer, GError **error);
void index_writer_free(IndexWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IndexWriter, index_writer_free)
