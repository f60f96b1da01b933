/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deltas (formats.md, "Delta"): windows that hold the new chunks of a version, compressed with chunks of an
 * older version as the dictionary. Each window is made, fetched and applied by itself. This file has the table
 * of windows, which is part of the locator, and the frame of a window. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index.h"

enum {
        DELTA_CONTENT_MAX_BYTES = 8 << 20, /* of a window */
        DELTA_PREFIX_MAX_BYTES = 16 << 20,
        DELTA_CONTENT_MIN_BYTES = 1 << 20, /* of each window but the last: bounds their number */
};

/* Chunks `first` to `first + count - 1` of blob `blob`. Content counts the blobs of the targets, a prefix those
 * of the sources. */
typedef struct {
        uint32_t blob, first, count;
} DeltaRun;

typedef struct {
        uint64_t offset; /* of its frame in the delta's file */
        uint32_t frame_bytes;
        uint32_t content_bytes, prefix_bytes;
        uint32_t table_at; /* offset of the window in the table */
} DeltaWindow;

/* Append a window to a table. `content` and `prefix` are arrays of DeltaRun; the prefix may be empty. */
void delta_put_window(GByteArray *table, uint32_t frame_bytes, const GArray *content, const GArray *prefix);

/* A checked table. */
typedef struct DeltaTable DeltaTable;

/* Indexes; DeltaRun.blob is a position in this array. Array and indexes are borrowed until
 * delta_table_free(). */
typedef struct {
        const Index *const *indexes;
        size_t count;
} DeltaBlobs;

/* Check `table` (a reference is kept) of a delta file of `file_bytes` against the indexes. `name` is for
 * messages. Memory: 24 bytes a window. Errors: CORRUPT unless every run lies within its blob and holds no
 * zero chunk, windows keep to their bounds, contents together are no more than the targets' data, and frames
 * fill the file. */
DeltaTable *delta_table_parse(GBytes *table, uint64_t file_bytes, DeltaBlobs sources, DeltaBlobs targets,
                              const char *name, GError **error);
void delta_table_free(DeltaTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DeltaTable, delta_table_free)

size_t delta_table_count(const DeltaTable *table);
const DeltaWindow *delta_table_window(const DeltaTable *table, size_t i); /* owned by the table */

/* Append the runs of window `i` to arrays of DeltaRun. */
void delta_table_runs(const DeltaTable *table, size_t i, GArray *content, GArray *prefix);

typedef enum {
        DELTA_FAST,
        DELTA_SMALL, /* takes several times as long, for a few percent */
} DeltaEffort;

/* The context in which one thread compresses windows one after the other. Memory: about 20 MiB with
 * DELTA_FAST, else 50. */
typedef struct DeltaEncoder DeltaEncoder;
DeltaEncoder *delta_encoder_new(DeltaEffort effort);
void delta_encoder_free(DeltaEncoder *encoder);

/* Compress `content` with `prefix` as the dictionary, in one piece, into `frame`, which has room for
 * frame_max_bytes(content_bytes). Returns: the frame's size. */
size_t delta_encode(DeltaEncoder *encoder, const uint8_t *content, size_t content_bytes,
                    const uint8_t *prefix, size_t prefix_bytes, uint8_t *frame);

/* Decompress a frame. The sizes that the frame claims are refused unless they equal `content_bytes`. The caller
 * must check the content by the ids of its chunks. Errors: CORRUPT. */
bool delta_decode(const uint8_t *frame, size_t frame_bytes, const uint8_t *prefix, size_t prefix_bytes,
                  uint8_t *content, size_t content_bytes, GError **error);
