/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An image as a stream of chunks: read and cut in order, processed on all cores, delivered in order. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chunk.h"
#include "progress.h"

typedef struct {
        ChunkId id;
        uint32_t length;
        const uint8_t *data;  /* NULL for a zero chunk; valid as long as the batch */
        const uint8_t *frame; /* for work() to fill in, within batch->frames; NULL at first */
        uint32_t frame_size;
} StreamChunk;

typedef struct {
        StreamChunk *chunks;
        size_t count;
        uint8_t *frames; /* room for every data chunk of the batch, compressed; only if StreamSink.frames */
        size_t frames_used;
} StreamBatch;

typedef struct {
        bool frames; /* work() makes frames */
        /* Called on any thread, with the ids set; may be NULL. */
        void (*work)(void *user, StreamBatch *batch);
        /* Called on the thread of stream_run(), in image order. False stops with the error set. */
        bool (*take)(void *user, const StreamBatch *batch, GError **error);
        void *user;
} StreamSink;

/* Cut all of `fd` (a regular file or a block device, `name` for messages) and feed the sink. Holes are
 * skipped, not read. Memory: at most about 100 MiB, on any number of cores. Errors: CONFLICT if the file
 * changes meanwhile, USAGE above 16 TiB, SYSTEM, or the sink's. */
bool stream_run(int fd, const char *name, const StreamSink *sink, Progress *progress, GError **error);
