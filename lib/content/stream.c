/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream.h"

#include <stdlib.h>
#include <zstd.h>

#include "cutter.h"
#include "digest.h"
#include "errors.h"
#include "frame.h"

/* More workers would only wait for the disk. Each takes about 2.7 MiB. */
enum { MAX_SLOTS = 34 };

/* A batch with its buffers, kept in a free list. Their number bounds the batches under way. */
typedef struct {
        StreamBatch batch;
        StreamChunk chunks[CUTTER_BATCH_CHUNKS];
        Cut cuts[CUTTER_BATCH_CHUNKS];
        uint8_t *buffer;
        bool done;
} Slot;

typedef struct {
        const StreamSink *sink;
        Slot *slots;
        unsigned slot_count;
        GThreadPool *workers;
        GMutex lock;
        GCond one_done;
} Stream;

static size_t frames_room(void)
{
        return ZSTD_compressBound(CUTTER_BATCH_BYTES) + CUTTER_BATCH_CHUNKS * ZSTD_compressBound(0);
}

static int longest_first(const void *a, const void *b)
{
        const DigestPiece *first = a, *second = b;
        return first->size < second->size ? 1 : first->size > second->size ? -1 : 0;
}

static void identify(Slot *slot)
{
        DigestPiece pieces[CUTTER_BATCH_CHUNKS];
        size_t count = 0;
        for (size_t i = 0; i < slot->batch.count; i++) {
                StreamChunk *chunk = &slot->chunks[i];
                if (chunk->data)
                        pieces[count++] = (DigestPiece){chunk->data, chunk->length, chunk->id.bytes};
                else
                        chunk->id = *chunk_zero_id(chunk->length);
        }
        if (count == 0)
                return;
        qsort(pieces, count, sizeof *pieces, longest_first);
        digest_sha256_many(pieces, count);
}

static void work_on(void *data, void *user)
{
        Slot *slot = data;
        Stream *stream = user;
        identify(slot);
        if (stream->sink->work)
                stream->sink->work(stream->sink->user, &slot->batch);
        g_mutex_lock(&stream->lock);
        slot->done = true;
        g_cond_broadcast(&stream->one_done);
        g_mutex_unlock(&stream->lock);
}

static void stream_clear(Stream *stream)
{
        if (stream->workers)
                g_thread_pool_free(stream->workers, false, true);
        for (unsigned i = 0; stream->slots && i < stream->slot_count; i++) {
                g_free(stream->slots[i].buffer);
                g_free(stream->slots[i].batch.frames);
        }
        g_free(stream->slots);
        g_mutex_clear(&stream->lock);
        g_cond_clear(&stream->one_done);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stream, stream_clear)

static bool stream_start(Stream *stream, const StreamSink *sink, GError **error)
{
        unsigned threads = g_get_num_processors();
        stream->sink = sink;
        stream->slot_count = MIN(2 * threads + 2, MAX_SLOTS);
        stream->slots = g_new0(Slot, stream->slot_count);
        g_mutex_init(&stream->lock);
        g_cond_init(&stream->one_done);
        stream->workers = g_thread_pool_new(work_on, stream, (int)threads, true, error);
        return stream->workers != NULL;
}

/* Read the next batch into the slot and give it to the workers. */
static bool fill(Stream *stream, Slot *slot, Cutter *cutter, GError **error)
{
        if (!slot->buffer)
                slot->buffer = g_malloc(CUTTER_BATCH_BYTES);
        if (stream->sink->frames && !slot->batch.frames)
                slot->batch.frames = g_malloc(frames_room());
        size_t count = 0;
        if (!cutter_next(cutter, slot->buffer, slot->cuts, &count, error))
                return false;
        slot->batch.chunks = slot->chunks;
        slot->batch.count = count;
        slot->batch.frames_used = 0;
        slot->done = count == 0;
        for (size_t i = 0; i < count; i++) {
                const Cut *cut = &slot->cuts[i];
                slot->chunks[i] =
                        (StreamChunk){.length = cut->length,
                                      .data = cut->data == SIZE_MAX ? NULL : slot->buffer + cut->data};
        }
        return count == 0 || g_thread_pool_push(stream->workers, slot, error);
}

static bool take(Stream *stream, Slot *slot, Progress *progress, GError **error)
{
        g_mutex_lock(&stream->lock);
        while (!slot->done)
                g_cond_wait(&stream->one_done, &stream->lock);
        g_mutex_unlock(&stream->lock);
        uint64_t bytes = 0;
        for (size_t i = 0; i < slot->batch.count; i++)
                bytes += slot->chunks[i].length;
        progress_add(progress, "read", bytes);
        return stream->sink->take(stream->sink->user, &slot->batch, error);
}

bool stream_run(int fd, const char *name, const StreamSink *sink, Progress *progress, GError **error)
{
        Cutter cutter;
        if (!cutter_init(&cutter, fd, name, error))
                return false;
        g_auto(Stream) stream = {0};
        if (!stream_start(&stream, sink, error))
                return false;
        progress_begin(progress, "reading", cutter.size_bytes);
        unsigned filled = 0, taken = 0;
        for (bool at_end = false; !at_end || taken < filled;) {
                if (!at_end && filled - taken < stream.slot_count) {
                        Slot *slot = &stream.slots[filled % stream.slot_count];
                        if (!fill(&stream, slot, &cutter, error))
                                return false;
                        at_end = slot->batch.count == 0;
                        filled += !at_end;
                        continue;
                }
                if (!take(&stream, &stream.slots[taken++ % stream.slot_count], progress, error))
                        return false;
        }
        progress_end(progress);
        return true;
}
