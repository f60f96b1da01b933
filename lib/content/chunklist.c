/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chunklist.h"

#include <string.h>
#include <zstd.h>

#include "digest.h"
#include "errors.h"
#include "files.h"
#include "pack.h"

/* The file: magic, the entries, SHA-256 of both. */
static const char MAGIC[8] = "LAUCHKL1";
enum { MAGIC_BYTES = 8, MAX_FILE_BYTES = 64 * 1024 * 1024 };

GArray *chunklist_load(const char *path, GError **error)
{
        g_autoptr(GBytes) bytes = file_read(path, MAX_FILE_BYTES, error);
        if (!bytes)
                return NULL;
        size_t size = 0;
        const uint8_t *data = g_bytes_get_data(bytes, &size);
        uint8_t digest[DIGEST_BYTES];
        bool good = size >= MAGIC_BYTES + DIGEST_BYTES &&
                    (size - MAGIC_BYTES - DIGEST_BYTES) % sizeof(ChunkListEntry) == 0 &&
                    memcmp(data, MAGIC, MAGIC_BYTES) == 0;
        if (good) {
                digest_sha256(data, size - DIGEST_BYTES, digest);
                good = memcmp(digest, data + size - DIGEST_BYTES, DIGEST_BYTES) == 0;
        }
        if (!good) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a whole chunk list", path);
                return NULL;
        }
        size_t count = (size - MAGIC_BYTES - DIGEST_BYTES) / sizeof(ChunkListEntry);
        GArray *entries = g_array_sized_new(false, false, sizeof(ChunkListEntry), (guint)count);
        g_array_append_vals(entries, data + MAGIC_BYTES, (guint)count);
        for (guint i = 0; i < entries->len; i++) {
                ChunkListEntry *entry = &g_array_index(entries, ChunkListEntry, i);
                entry->frame_size = GUINT32_FROM_LE(entry->frame_size);
        }
        return entries;
}

bool chunklist_save(const char *path, const GArray *entries, GError **error)
{
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_byte_array_append(out, (const guint8 *)MAGIC, MAGIC_BYTES);
        for (guint i = 0; i < entries->len; i++) {
                ChunkListEntry entry = g_array_index(entries, ChunkListEntry, i);
                entry.frame_size = GUINT32_TO_LE(entry.frame_size);
                g_byte_array_append(out, (const guint8 *)&entry, sizeof entry);
        }
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(out->data, out->len, digest);
        g_byte_array_append(out, digest, sizeof digest);
        return file_write_atomically(path, out->data, out->len, 0644, error);
}

static bool append_frame(GArray *entries, const uint8_t *frame, size_t left, size_t *size, GError **error)
{
        uint8_t content[CHUNK_DATA_MAX_BYTES];
        *size = ZSTD_findFrameCompressedSize(frame, left);
        if (ZSTD_isError(*size))
                return fail(error, LAUTTA_ERROR_CORRUPT, "not a whole zstd frame");
        size_t length = ZSTD_decompress(content, sizeof content, frame, *size);
        if (ZSTD_isError(length))
                return fail(error, LAUTTA_ERROR_CORRUPT, "%s", ZSTD_getErrorName(length));
        ChunkListEntry entry = {.frame_size = (uint32_t)*size};
        digest_sha256(content, length, entry.id.bytes);
        g_array_append_val(entries, entry);
        return true;
}

GArray *chunklist_from_pack(const char *pack_path, GError **error)
{
        g_autoptr(GBytes) bytes = file_map(pack_path, PACK_MAX_BYTES, error);
        if (!bytes)
                return NULL;
        size_t left = 0, size = 0;
        const uint8_t *start = g_bytes_get_data(bytes, &left);
        g_autoptr(GArray) entries = g_array_new(false, false, sizeof(ChunkListEntry));
        for (const uint8_t *frame = start; left > 0; frame += size, left -= size) {
                if (!append_frame(entries, frame, left, &size, error)) {
                        g_prefix_error(error, "pack '%s' at %zu: ", pack_path, (size_t)(frame - start));
                        return NULL;
                }
        }
        return g_steal_pointer(&entries);
}
