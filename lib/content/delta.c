/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "delta.h"

#include "errors.h"
#include "frame.h"
#include "varint.h"

struct DeltaTable {
        GBytes *bytes;
        GArray *windows; /* DeltaWindow */
        DeltaBlobs sources, targets;
};

/* --- writing --- */

/* A run that lies further on in the same blob is stored as its distance; any other run as its place. */
static void put_runs(GByteArray *table, const GArray *runs)
{
        uint32_t blob = 0, next = 0;
        varint_put(table, runs->len);
        for (guint i = 0; i < runs->len; i++) {
                const DeltaRun *run = &g_array_index(runs, DeltaRun, i);
                bool jump = run->blob != blob || run->first < next;
                varint_put(table, (uint64_t)(jump ? run->first : run->first - next) << 1 | jump);
                if (jump)
                        varint_put(table, run->blob);
                varint_put(table, run->count);
                blob = run->blob;
                next = run->first + run->count;
        }
}

void delta_put_window(GByteArray *table, uint32_t frame_bytes, const GArray *content, const GArray *prefix)
{
        varint_put(table, frame_bytes);
        put_runs(table, content);
        put_runs(table, prefix);
}

/* --- reading --- */

/* The bounds of a window's runs: the blobs that they may name, and their bytes in all. */
typedef struct {
        DeltaBlobs blobs;
        uint32_t max_bytes;
} RunRules;

static bool get_run(Cursor *cursor, DeltaRun *run, const RunRules *rules)
{
        uint64_t first_and_jump = 0, blob = run->blob, count = 0, next = (uint64_t)run->first + run->count;
        if (!cursor_varint(cursor, UINT32_MAX, &first_and_jump))
                return false;
        bool jump = first_and_jump & 1;
        if (jump && !cursor_varint(cursor, UINT32_MAX, &blob))
                return false;
        uint64_t first = (jump ? 0 : next) + (first_and_jump >> 1);
        if (blob >= rules->blobs.count || !cursor_varint(cursor, UINT32_MAX, &count) || count == 0 ||
            first + count > index_count(rules->blobs.indexes[blob]))
                return false;
        *run = (DeltaRun){(uint32_t)blob, (uint32_t)first, (uint32_t)count};
        return true;
}

/* Add up the sizes of the run's chunks. Stops at the bound, so a run of millions costs nothing. */
static bool add_run_bytes(const DeltaRun *run, const RunRules *rules, uint32_t *bytes)
{
        const Index *index = rules->blobs.indexes[run->blob];
        for (uint32_t i = run->first; i < run->first + run->count; i++) {
                uint32_t length = index_length(index, i);
                if (index_is_zero(index, i) || length > rules->max_bytes - *bytes)
                        return false;
                *bytes += length;
        }
        return true;
}

/* Read and check runs. `runs` may be NULL: then nothing is stored. */
static bool get_runs(Cursor *cursor, const RunRules *rules, uint32_t *bytes, GArray *runs)
{
        uint64_t count = 0;
        DeltaRun run = {0};
        *bytes = 0;
        if (!cursor_varint(cursor, UINT32_MAX, &count))
                return false;
        for (uint64_t i = 0; i < count; i++) {
                if (!get_run(cursor, &run, rules) || !add_run_bytes(&run, rules, bytes))
                        return false;
                if (runs)
                        g_array_append_val(runs, run);
        }
        return true;
}

static bool get_window(const DeltaTable *table, Cursor *cursor, DeltaWindow *window, GArray *content,
                       GArray *prefix)
{
        RunRules content_rules = {table->targets, DELTA_CONTENT_MAX_BYTES};
        RunRules prefix_rules = {table->sources, DELTA_PREFIX_MAX_BYTES};
        uint64_t frame_bytes = 0;
        if (!cursor_varint(cursor, UINT32_MAX, &frame_bytes) ||
            !get_runs(cursor, &content_rules, &window->content_bytes, content) ||
            !get_runs(cursor, &prefix_rules, &window->prefix_bytes, prefix))
                return false;
        window->frame_bytes = (uint32_t)frame_bytes;
        return frame_bytes > 0 && window->content_bytes > 0 &&
               frame_bytes <= frame_max_bytes(window->content_bytes);
}

static uint64_t data_bytes(DeltaBlobs blobs)
{
        uint64_t bytes = 0;
        for (size_t b = 0; b < blobs.count; b++)
                for (size_t i = 0; i < index_count(blobs.indexes[b]); i++)
                        bytes += index_is_zero(blobs.indexes[b], i) ? 0 : index_length(blobs.indexes[b], i);
        return bytes;
}

static bool get_windows(DeltaTable *table, uint64_t file_bytes)
{
        size_t size = 0;
        const uint8_t *data = g_bytes_get_data(table->bytes, &size);
        Cursor cursor = {data, data ? data + size : NULL}; /* an empty table has no data */
        uint64_t offset = 0, content_left = data_bytes(table->targets);
        while (cursor.at < cursor.end) {
                DeltaWindow window = {.offset = offset, .table_at = (uint32_t)(cursor.at - data)};
                if (!get_window(table, &cursor, &window, NULL, NULL) || window.content_bytes > content_left ||
                    (cursor.at < cursor.end && window.content_bytes < DELTA_CONTENT_MIN_BYTES))
                        return false;
                offset += window.frame_bytes;
                content_left -= window.content_bytes;
                g_array_append_val(table->windows, window);
        }
        return offset == file_bytes;
}

DeltaTable *delta_table_parse(GBytes *bytes, uint64_t file_bytes, DeltaBlobs sources, DeltaBlobs targets,
                              const char *name, GError **error)
{
        g_autoptr(DeltaTable) table = g_new(DeltaTable, 1);
        *table = (DeltaTable){g_bytes_ref(bytes), g_array_new(false, false, sizeof(DeltaWindow)), sources,
                              targets};
        if (get_windows(table, file_bytes))
                return g_steal_pointer(&table);
        fail(error, LAUTTA_ERROR_CORRUPT, "the delta table in '%s' does not fit the indexes", name);
        return NULL;
}

void delta_table_free(DeltaTable *table)
{
        if (!table)
                return;
        g_bytes_unref(table->bytes);
        g_array_unref(table->windows);
        g_free(table);
}

size_t delta_table_count(const DeltaTable *table)
{
        return table->windows->len;
}

const DeltaWindow *delta_table_window(const DeltaTable *table, size_t i)
{
        return &g_array_index(table->windows, DeltaWindow, i);
}

void delta_table_runs(const DeltaTable *table, size_t i, GArray *content, GArray *prefix)
{
        size_t size = 0;
        const uint8_t *data = g_bytes_get_data(table->bytes, &size);
        Cursor cursor = {data + delta_table_window(table, i)->table_at, data + size};
        DeltaWindow window;
        if (!get_window(table, &cursor, &window, content, prefix))
                g_assert_not_reached(); /* delta_table_parse() read the same bytes */
}
