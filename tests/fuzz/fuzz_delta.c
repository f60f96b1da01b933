/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two bytes (the size of a table), a table, and a delta's file. It is refused, or every window lies
 * within its bounds and is written back alike; its frame opens to exactly the content of the table, or
 * not at all. */
#include <string.h>

#include "delta.h"
#include "digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHUNKS = 25, ZERO_CHUNK = 8, SMALL_BYTES = 4096, LARGE_BYTES = 256 << 10 };

static void put_number(GByteArray *bytes, uint64_t number)
{
        uint64_t little = GUINT64_TO_LE(number);
        g_byte_array_append(bytes, (const guint8 *)&little, sizeof little);
}

/* Eight large chunks, a zero chunk, sixteen small ones. */
static Index *make_index(void)
{
        static const uint64_t header[] = {48,    0x96824d9c7b129ff9, 0x9000000000000000, 16384,
                                          65536, 16777216,           UINT64_MAX,         0xe75b9e112f17417d};
        static const uint8_t zeros[LARGE_BYTES];
        GByteArray *bytes = g_byte_array_new();
        uint64_t end = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(header); i++)
                put_number(bytes, header[i]);
        for (uint8_t i = 0; i < CHUNKS; i++) {
                uint8_t id[DIGEST_BYTES] = {1, i};
                if (i == ZERO_CHUNK)
                        digest_sha256(zeros, sizeof zeros, id);
                put_number(bytes, end += i <= ZERO_CHUNK ? LARGE_BYTES : SMALL_BYTES);
                g_byte_array_append(bytes, id, sizeof id);
        }
        const uint64_t tail[] = {0, 0, 48, 16 + 40 * CHUNKS + 40, 0x4b4f050e5549ecd1};
        for (size_t i = 0; i < G_N_ELEMENTS(tail); i++)
                put_number(bytes, tail[i]);
        g_autoptr(GBytes) whole = g_byte_array_free_to_bytes(bytes);
        return index_parse(whole, "fuzz", NULL);
}

/* The blob of that index, as a source holds it. */
static const uint8_t *make_blob(const Index *index)
{
        uint8_t *blob = g_malloc0(index_blob_bytes(index));
        for (uint64_t i = 0; i < index_blob_bytes(index); i++)
                if (i < index_offset(index, ZERO_CHUNK) || i >= index_offset(index, ZERO_CHUNK + 1))
                        blob[i] = (uint8_t)(i * 7 ^ i >> 8);
        return blob;
}

static uint8_t *read_runs(const Index *index, const uint8_t *blob, const GArray *runs, uint32_t bytes)
{
        uint8_t *all = g_malloc((size_t)bytes + 1), *to = all;
        for (guint r = 0; r < runs->len; r++) {
                const DeltaRun *run = &g_array_index(runs, DeltaRun, r);
                g_assert(run->blob == 0 && run->count > 0 && run->first + run->count <= index_count(index));
                uint64_t begin = index_offset(index, run->first);
                uint64_t part = index_offset(index, run->first + run->count) - begin;
                memcpy(to, blob + begin, part);
                to += part;
        }
        g_assert(to == all + bytes);
        return all;
}

static void open_window(const DeltaTable *table, size_t i, const uint8_t *file, const Index *index,
                        const uint8_t *blob, GByteArray *again)
{
        const DeltaWindow *window = delta_table_window(table, i);
        g_autoptr(GArray) content_runs = g_array_new(false, false, sizeof(DeltaRun));
        g_autoptr(GArray) prefix_runs = g_array_new(false, false, sizeof(DeltaRun));
        delta_table_runs(table, i, content_runs, prefix_runs);
        delta_put_window(again, window->frame_bytes, content_runs, prefix_runs);
        g_autofree uint8_t *content = read_runs(index, blob, content_runs, window->content_bytes);
        g_autofree uint8_t *prefix = read_runs(index, blob, prefix_runs, window->prefix_bytes);
        g_autofree uint8_t *exact = g_malloc(window->content_bytes); /* a byte beyond it would be found */
        delta_decode(file + window->offset, window->frame_bytes, prefix, window->prefix_bytes, exact,
                     window->content_bytes, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const Index *index;
        static const uint8_t *blob;
        if (!index)
                blob = make_blob(index = make_index());
        if (size < 2 || size - 2 < (size_t)(data[0] | data[1] << 8))
                return 0;
        size_t table_bytes = (size_t)(data[0] | data[1] << 8), file_bytes = size - 2 - table_bytes;
        g_autoptr(GBytes) bytes = g_bytes_new_static(data + 2, table_bytes);
        DeltaBlobs blobs = {&index, 1};
        g_autoptr(DeltaTable) table = delta_table_parse(bytes, file_bytes, blobs, blobs, "fuzz", NULL);
        g_autoptr(GByteArray) again = g_byte_array_new();
        for (size_t i = 0; table && i < delta_table_count(table); i++)
                open_window(table, i, data + 2 + table_bytes, index, blob, again);
        g_autoptr(GBytes) written = g_bytes_new(again->data, again->len);
        g_autoptr(DeltaTable) same =
                table ? delta_table_parse(written, file_bytes, blobs, blobs, "fuzz", NULL) : NULL;
        g_assert(!table || (same && delta_table_count(same) == delta_table_count(table)));
        return 0;
}
