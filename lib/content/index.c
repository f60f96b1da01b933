/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "index.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "errors.h"
#include "files.h"

enum {
        HEADER_BYTES = 48,
        TABLE_HEADER_BYTES = 16,
        ENTRY_BYTES = 40,
        TAIL_BYTES = 40,
        BUFFER_BYTES = 1 << 16
};

static const uint64_t INDEX_TYPE = 0x96824d9c7b129ff9, TABLE_TYPE = 0xe75b9e112f17417d,
                      TAIL_MARKER = 0x4b4f050e5549ecd1, FEATURE_FLAGS = 0x9000000000000000;

struct Index {
        GBytes *bytes;
        const uint8_t *entries;
        size_t count;
        gsize has_digest; /* g_once_init_enter() */
        uint8_t digest[DIGEST_BYTES];
};

static uint64_t load64(const uint8_t *at)
{
        uint64_t value;
        memcpy(&value, at, sizeof value);
        return GUINT64_FROM_LE(value);
}

static uint8_t *store64(uint8_t *at, uint64_t value)
{
        value = GUINT64_TO_LE(value);
        memcpy(at, &value, sizeof value);
        return at + sizeof value;
}

static bool check_frame(const uint8_t *data, size_t size, const char *name, GError **error)
{
        if (size < HEADER_BYTES + TABLE_HEADER_BYTES + TAIL_BYTES ||
            (size - HEADER_BYTES - TABLE_HEADER_BYTES - TAIL_BYTES) % ENTRY_BYTES)
                return fail(error, LAUTTA_ERROR_CORRUPT,
                            "index '%s': %zu bytes are not a whole number of chunks", name, size);
        if (load64(data) != HEADER_BYTES || load64(data + 8) != INDEX_TYPE)
                return fail(error, LAUTTA_ERROR_CORRUPT, "index '%s' does not begin as an index", name);
        if (load64(data + 16) != FEATURE_FLAGS)
                return fail(error, LAUTTA_ERROR_CORRUPT,
                            "index '%s' has feature flags other than SHA-256 blob", name);
        if (load64(data + 40) > CHUNK_ZERO_MAX_BYTES)
                return fail(error, LAUTTA_ERROR_CORRUPT, "index '%s' allows chunks above 16 MiB", name);
        if (load64(data + 48) != UINT64_MAX || load64(data + 56) != TABLE_TYPE)
                return fail(error, LAUTTA_ERROR_CORRUPT, "index '%s' has no chunk table", name);
        const uint8_t *tail = data + size - TAIL_BYTES;
        if (load64(tail) || load64(tail + 8) || load64(tail + 16) != HEADER_BYTES ||
            load64(tail + 24) != size - HEADER_BYTES || load64(tail + 32) != TAIL_MARKER)
                return fail(error, LAUTTA_ERROR_CORRUPT, "index '%s' has a wrong tail", name);
        return true;
}

/* Every chunk must begin at the end of the previous chunk, and have an allowed length. */
static bool check_entries(const uint8_t *entries, size_t count, const char *name, GError **error)
{
        uint64_t begin = 0;
        for (size_t i = 0; i < count; i++) {
                const uint8_t *entry = entries + i * ENTRY_BYTES;
                uint64_t end = load64(entry);
                if (end <= begin)
                        return fail(error, LAUTTA_ERROR_CORRUPT,
                                    "index '%s': chunk %zu ends at %" G_GUINT64_FORMAT
                                    ", not after its begin at %" G_GUINT64_FORMAT,
                                    name, i, end, begin);
                ChunkId id;
                memcpy(&id, entry + 8, sizeof id);
                if (end > INDEX_MAX_BLOB_BYTES ||
                    (end - begin > CHUNK_DATA_MAX_BYTES && !chunk_is_zero(&id, end - begin)))
                        return fail(error, LAUTTA_ERROR_CORRUPT,
                                    "index '%s': chunk %zu is too large (%" G_GUINT64_FORMAT " bytes)", name,
                                    i, end - begin);
                begin = end;
        }
        return true;
}

Index *index_parse(GBytes *bytes, const char *name, GError **error)
{
        size_t size = 0;
        const uint8_t *data = g_bytes_get_data(bytes, &size);
        if (!check_frame(data, size, name, error))
                return NULL;
        const uint8_t *entries = data + HEADER_BYTES + TABLE_HEADER_BYTES;
        size_t count = (size - HEADER_BYTES - TABLE_HEADER_BYTES - TAIL_BYTES) / ENTRY_BYTES;
        if (!check_entries(entries, count, name, error))
                return NULL;
        Index *index = g_new(Index, 1);
        *index = (Index){.bytes = g_bytes_ref(bytes), .entries = entries, .count = count};
        return index;
}

Index *index_load(const char *path, GError **error)
{
        g_autoptr(GBytes) bytes = file_map(path, INDEX_MAX_BYTES, error);
        return bytes ? index_parse(bytes, path, error) : NULL;
}

void index_free(Index *index)
{
        if (!index)
                return;
        g_bytes_unref(index->bytes);
        g_free(index);
}

size_t index_count(const Index *index)
{
        return index->count;
}

uint64_t index_offset(const Index *index, size_t i)
{
        return i ? load64(index->entries + (i - 1) * ENTRY_BYTES) : 0;
}

uint64_t index_blob_bytes(const Index *index)
{
        return index_offset(index, index->count);
}

uint32_t index_length(const Index *index, size_t i)
{
        return (uint32_t)(index_offset(index, i + 1) - index_offset(index, i));
}

const ChunkId *index_id(const Index *index, size_t i)
{
        return (const ChunkId *)(index->entries + i * ENTRY_BYTES + 8);
}

bool index_is_zero(const Index *index, size_t i)
{
        return chunk_is_zero(index_id(index, i), index_length(index, i));
}

void index_digest(const Index *index, uint8_t digest[32])
{
        Index *cache = (Index *)index; /* only the digest changes after the parse */
        if (g_once_init_enter(&cache->has_digest)) {
                size_t size = 0;
                const void *data = g_bytes_get_data(index->bytes, &size);
                digest_sha256(data, size, cache->digest);
                g_once_init_leave(&cache->has_digest, 1);
        }
        memcpy(digest, cache->digest, DIGEST_BYTES);
}

GBytes *index_bytes(const Index *index)
{
        return index->bytes;
}

struct IndexWriter {
        char *path;
        int fd;
        uint64_t end;
        uint64_t count;
        uint64_t written_bytes;
        size_t used;
        uint8_t buffer[BUFFER_BYTES];
};

static bool flush(IndexWriter *writer, GError **error)
{
        if (!fd_write_exactly(writer->fd, writer->buffer, writer->used, writer->written_bytes, writer->path,
                              error))
                return false;
        writer->written_bytes += writer->used;
        writer->used = 0;
        return true;
}

static void put64(IndexWriter *writer, uint64_t value)
{
        store64(writer->buffer + writer->used, value);
        writer->used += sizeof value;
}

IndexWriter *index_writer_new(const char *path, GError **error)
{
        g_autofd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0) {
                fail_errno(error, "cannot create '%s'", path);
                return NULL;
        }
        IndexWriter *writer = g_new0(IndexWriter, 1);
        writer->path = g_strdup(path);
        writer->fd = fd_steal(&fd);
        const uint64_t head[] = {HEADER_BYTES,        INDEX_TYPE,           FEATURE_FLAGS, CHUNK_MIN_BYTES,
                                 CHUNK_AVERAGE_BYTES, CHUNK_ZERO_MAX_BYTES, UINT64_MAX,    TABLE_TYPE};
        for (size_t i = 0; i < G_N_ELEMENTS(head); i++)
                put64(writer, head[i]);
        return writer;
}

bool index_writer_add(IndexWriter *writer, const ChunkId *id, uint32_t length, GError **error)
{
        if (writer->used + ENTRY_BYTES > BUFFER_BYTES && !flush(writer, error))
                return false;
        writer->end += length;
        writer->count++;
        put64(writer, writer->end);
        memcpy(writer->buffer + writer->used, id, sizeof *id);
        writer->used += sizeof *id;
        return true;
}

bool index_writer_finish(IndexWriter *writer, GError **error)
{
        if (writer->used + TAIL_BYTES > BUFFER_BYTES && !flush(writer, error))
                return false;
        const uint64_t tail[] = {0, 0, HEADER_BYTES,
                                 TABLE_HEADER_BYTES + ENTRY_BYTES * writer->count + TAIL_BYTES, TAIL_MARKER};
        for (size_t i = 0; i < G_N_ELEMENTS(tail); i++)
                put64(writer, tail[i]);
        if (!flush(writer, error))
                return false;
        if (fsync(writer->fd) != 0)
                return fail_errno(error, "cannot sync '%s'", writer->path);
        return true;
}

void index_writer_free(IndexWriter *writer)
{
        if (!writer)
                return;
        close(writer->fd);
        g_free(writer->path);
        g_free(writer);
}
