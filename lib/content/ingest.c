/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ingest.h"

#include <fcntl.h>

#include "errors.h"
#include "files.h"
#include "frame.h"
#include "stream.h"

typedef struct {
        Catalog *catalog;
        PackWriter *packs; /* NULL: only the index */
        IndexWriter *index;
        IngestStats *stats;
} Ingest;

/* Compress the chunks that the catalog lacks. Two equal chunks close together may both be compressed; take()
 * keeps one. */
static void compress_new(void *user, StreamBatch *batch)
{
        Ingest *ingest = user;
        for (size_t i = 0; i < batch->count; i++) {
                StreamChunk *chunk = &batch->chunks[i];
                ChunkPlace place;
                if (!chunk->data || catalog_find(ingest->catalog, &chunk->id, &place))
                        continue;
                uint8_t *frame = batch->frames + batch->frames_used;
                chunk->frame_size = (uint32_t)frame_compress(chunk->data, chunk->length, frame);
                chunk->frame = frame;
                batch->frames_used += chunk->frame_size;
        }
}

static bool take_chunk(Ingest *ingest, const StreamChunk *chunk, GError **error)
{
        IngestStats *stats = ingest->stats;
        ChunkPlace place;
        stats->chunks++;
        stats->zero_chunks += chunk->data == NULL;
        stats->blob_bytes += chunk->length;
        if (!index_writer_add(ingest->index, &chunk->id, chunk->length, error))
                return false;
        if (!chunk->frame || catalog_find(ingest->catalog, &chunk->id, &place))
                return true;
        stats->new_chunks++;
        stats->new_bytes += chunk->length;
        stats->packed_bytes += chunk->frame_size;
        return pack_writer_add(ingest->packs, &chunk->id, chunk->frame, chunk->frame_size, error);
}

static bool take_batch(void *user, const StreamBatch *batch, GError **error)
{
        for (size_t i = 0; i < batch->count; i++)
                if (!take_chunk(user, &batch->chunks[i], error))
                        return false;
        return true;
}

static bool ingest_file(const char *path, const char *index_path, Ingest *ingest, Progress *progress,
                        GError **error)
{
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
                return fail_errno(error, "cannot open image '%s'", path);
        g_autoptr(IndexWriter) index = index_writer_new(index_path, error);
        if (!index)
                return false;
        ingest->index = index;
        bool packing = ingest->packs != NULL;
        StreamSink sink = {
                .frames = packing, .work = packing ? compress_new : NULL, .take = take_batch, .user = ingest};
        return stream_run(fd, path, &sink, progress, error) && index_writer_finish(index, error);
}

bool ingest_blob(const char *path, Catalog *catalog, PackWriter *packs, const char *index_path,
                 IngestStats *stats, Progress *progress, GError **error)
{
        Ingest ingest = {.catalog = catalog, .packs = packs, .stats = stats};
        return ingest_file(path, index_path, &ingest, progress, error);
}

bool ingest_index_only(const char *path, const char *index_path, IngestStats *stats, Progress *progress,
                       GError **error)
{
        IngestStats unused = {0};
        Ingest ingest = {.stats = stats ? stats : &unused};
        return ingest_file(path, index_path, &ingest, progress, error);
}
