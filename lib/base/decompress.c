/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decompress.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "errors.h"

enum { READ_BYTES = 1 << 20 };

static const struct {
        const char *bytes;
        size_t size;
} magics[] = {
        {"\x1f\x8b\x08", 3},     {"BZh", 3},
        {"\xfd\x37zXZ", 6},      {"\x5d\0\0", 3},
        {"\x02\x21\x4c\x18", 4}, {"\x04\x22\x4d\x18", 4},
        {"\x28\xb5\x2f\xfd", 4},
};

bool is_compressed(const void *data, size_t size)
{
        for (size_t i = 0; i < G_N_ELEMENTS(magics); i++)
                if (size > magics[i].size && memcmp(data, magics[i].bytes, magics[i].size) == 0)
                        return true;
        return false;
}

/* The filters that libarchive runs itself. All others would start programs. */
static struct archive *open_stream(const void *data, size_t size)
{
        struct archive *archive = archive_read_new();
        archive_read_support_filter_gzip(archive);
        archive_read_support_filter_bzip2(archive);
        archive_read_support_filter_xz(archive);
        archive_read_support_filter_lzma(archive);
        archive_read_support_filter_lz4(archive);
        archive_read_support_filter_zstd(archive);
        archive_read_support_format_raw(archive);
        archive_read_open_memory(archive, data, size);
        return archive;
}

static bool read_all(struct archive *archive, GByteArray *out, size_t max_bytes, GError **error)
{
        struct archive_entry *entry = NULL;
        if (archive_read_next_header(archive, &entry) != ARCHIVE_OK)
                return fail(error, LAUTTA_ERROR_CORRUPT, "cannot decompress: %s",
                            archive_error_string(archive));
        if (archive_filter_count(archive) < 2)
                return fail(error, LAUTTA_ERROR_CORRUPT, "cannot decompress: the stream breaks off");
        g_autofree char *buffer = g_malloc(READ_BYTES);
        la_ssize_t n = 0;
        while ((n = archive_read_data(archive, buffer, READ_BYTES)) > 0) {
                if (out->len + (size_t)n > max_bytes)
                        return fail(error, LAUTTA_ERROR_CORRUPT, "cannot decompress: more than %zu bytes",
                                    max_bytes);
                g_byte_array_append(out, (const guint8 *)buffer, (guint)n);
        }
        if (n < 0)
                return fail(error, LAUTTA_ERROR_CORRUPT, "cannot decompress: %s",
                            archive_error_string(archive));
        return true;
}

GByteArray *decompress(const void *data, size_t size, size_t max_bytes, GError **error)
{
        if (!is_compressed(data, size)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "cannot decompress: no known compression");
                return NULL;
        }
        g_autoptr(GByteArray) out = g_byte_array_new();
        struct archive *archive = open_stream(data, size);
        bool good = read_all(archive, out, max_bytes, error);
        archive_read_free(archive);
        return good ? g_steal_pointer(&out) : NULL;
}
