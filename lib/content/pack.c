/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pack.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "chunklist.h"
#include "digest.h"
#include "errors.h"
#include "files.h"

enum { BUFFER_BYTES = 1 << 20, WRITEBACK_BYTES = 16 << 20 };

struct PackWriter {
        char *directory;
        Catalog *catalog;
        GPtrArray *finished;
        /* The pack under way; fd is -1 between packs. */
        int fd;
        char *path;
        uint32_t number;
        Digest *digest;
        GArray *entries;
        uint64_t bytes;         /* of all added frames */
        uint64_t written_bytes; /* of these, written from the buffer to the file */
        uint64_t pushed_bytes;  /* of these, the kernel was asked to write back */
        size_t used;
        uint8_t *buffer;
};

static void pack_file_free(void *data)
{
        PackFile *file = data;
        g_free(file->name);
        g_free(file->path);
        g_free(file->list_path);
        g_free(file);
}

PackWriter *pack_writer_new(const char *directory, Catalog *catalog)
{
        PackWriter *writer = g_new0(PackWriter, 1);
        writer->directory = g_strdup(directory);
        writer->catalog = catalog;
        writer->finished = g_ptr_array_new_with_free_func(pack_file_free);
        writer->fd = -1;
        writer->buffer = g_malloc(BUFFER_BYTES);
        return writer;
}

void pack_writer_free(PackWriter *writer)
{
        if (!writer)
                return;
        if (writer->fd >= 0)
                close(writer->fd);
        g_free(writer->directory);
        g_free(writer->path);
        g_ptr_array_unref(writer->finished);
        digest_free(writer->digest);
        g_clear_pointer(&writer->entries, g_array_unref);
        g_free(writer->buffer);
        g_free(writer);
}

static bool begin(PackWriter *writer, GError **error)
{
        g_free(writer->path);
        writer->path = g_strdup_printf("%s/%u.pack", writer->directory, writer->finished->len);
        writer->fd = open(writer->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (writer->fd < 0)
                return fail_errno(error, "cannot create '%s'", writer->path);
        writer->number = catalog_add_pack(writer->catalog, NULL);
        writer->digest = digest_new();
        writer->entries = g_array_new(false, false, sizeof(ChunkListEntry));
        writer->bytes = writer->written_bytes = writer->pushed_bytes = 0;
        return true;
}

static bool flush(PackWriter *writer, GError **error)
{
        digest_update(writer->digest, writer->buffer, writer->used);
        if (!fd_write_exactly(writer->fd, writer->buffer, writer->used, writer->written_bytes, writer->path,
                              error))
                return false;
        writer->written_bytes += writer->used;
        writer->used = 0;
        /* Start the write-back now, so that the fsync at the end has little left to wait for. */
        if (writer->written_bytes - writer->pushed_bytes >= WRITEBACK_BYTES) {
                sync_file_range(writer->fd, (off_t)writer->pushed_bytes,
                                (off_t)(writer->written_bytes - writer->pushed_bytes), SYNC_FILE_RANGE_WRITE);
                writer->pushed_bytes = writer->written_bytes;
        }
        return true;
}

static bool end(PackWriter *writer, GError **error)
{
        if (!flush(writer, error))
                return false;
        if (fsync(writer->fd) != 0)
                return fail_errno(error, "cannot sync '%s'", writer->path);
        close(writer->fd);
        writer->fd = -1;
        uint8_t digest[DIGEST_BYTES];
        digest_finish(writer->digest, digest);
        g_clear_pointer(&writer->digest, digest_free);

        PackFile *file = g_new0(PackFile, 1);
        file->number = writer->number;
        file->name = digest_to_hex(digest);
        file->path = g_steal_pointer(&writer->path);
        file->list_path = g_strconcat(file->path, ".chunks", NULL);
        file->bytes = writer->bytes;
        g_ptr_array_add(writer->finished, file);
        catalog_name_pack(writer->catalog, file->number, file->name);
        g_autoptr(GArray) entries = g_steal_pointer(&writer->entries);
        return chunklist_save(file->list_path, entries, error);
}

bool pack_writer_add(PackWriter *writer, const ChunkId *id, const uint8_t *frame, uint32_t size,
                     GError **error)
{
        if (writer->fd >= 0 && writer->bytes + size > PACK_MAX_BYTES && !end(writer, error))
                return false;
        if (writer->fd < 0 && !begin(writer, error))
                return false;
        if (writer->used + size > BUFFER_BYTES && !flush(writer, error))
                return false;
        memcpy(writer->buffer + writer->used, frame, size);
        writer->used += size;
        catalog_add(writer->catalog, id, (ChunkPlace){writer->number, (uint32_t)writer->bytes, size});
        ChunkListEntry entry = {*id, size};
        g_array_append_val(writer->entries, entry);
        writer->bytes += size;
        return true;
}

const GPtrArray *pack_writer_finish(PackWriter *writer, GError **error)
{
        if (writer->fd >= 0 && !end(writer, error))
                return NULL;
        return writer->finished;
}
