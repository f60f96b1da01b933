/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* False tables of deltas, and damaged frames. */
#include "delta.h"

#include "digest.h"
#include "errors.h"
#include "frame.h"
#include "scratch.h"
#include "varint.h"

enum { KIB = 1024, MIB = 1024 * 1024, ZERO_CHUNK = 7 };

/* --- tables: the indexes name chunks without content --- */

typedef struct {
        char *directory;
        Index *source, *target;
        GByteArray *table;
} World;

/* Make an index of `count` chunks of `length` with different ids, and a zero chunk of 64 KiB. */
static Index *make_index(const char *directory, size_t count, uint32_t length)
{
        g_autofree char *path = g_build_filename(directory, "index", NULL);
        g_autofree uint8_t *zeros = g_malloc0(64 * KIB);
        ChunkId zero;
        digest_sha256(zeros, 64 * KIB, zero.bytes);
        IndexWriter *writer = index_writer_new(path, NULL);
        for (size_t i = 0; i < count; i++) {
                ChunkId id = {{0xaa, (uint8_t)i, (uint8_t)(i >> 8)}};
                bool is_zero = i == ZERO_CHUNK;
                g_assert_true(
                        index_writer_add(writer, is_zero ? &zero : &id, is_zero ? 64 * KIB : length, NULL));
        }
        g_assert_true(index_writer_finish(writer, NULL));
        index_writer_free(writer);
        return index_load(path, NULL);
}

static void set_up(World *world, const void *unused)
{
        world->directory = directory_make_temporary(NULL);
        world->source = make_index(world->directory, 100, 256 * KIB);
        world->target = make_index(world->directory, 120, 256 * KIB);
        world->table = g_byte_array_new();
}

static void tear_down(World *world, const void *unused)
{
        directory_remove(world->directory, NULL);
        g_free(world->directory);
        index_free(world->source);
        index_free(world->target);
        g_byte_array_unref(world->table);
}

#define RUN(first, count) ((DeltaRun){0, (first), (count)})
#define NONE              ((DeltaRun){0, 0, 0})

/* Put a window with one run of content, and one run of prefix unless `prefix` is NONE. */
static void put(World *world, uint32_t frame_bytes, DeltaRun content, DeltaRun prefix)
{
        g_autoptr(GArray) contents = g_array_new(false, false, sizeof(DeltaRun));
        g_autoptr(GArray) prefixes = g_array_new(false, false, sizeof(DeltaRun));
        if (content.count)
                g_array_append_val(contents, content);
        if (prefix.count)
                g_array_append_val(prefixes, prefix);
        delta_put_window(world->table, frame_bytes, contents, prefixes);
}

static DeltaTable *parse(World *world, uint64_t file_bytes, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new(world->table->data, world->table->len);
        static const Index *sources[1], *targets[1];
        sources[0] = world->source;
        targets[0] = world->target;
        return delta_table_parse(bytes, file_bytes, (DeltaBlobs){sources, 1}, (DeltaBlobs){targets, 1}, "t",
                                 error);
}

static void assert_taken(World *world, uint64_t file_bytes)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(DeltaTable) table = parse(world, file_bytes, &error);
        g_assert_no_error(error);
        g_assert_nonnull(table);
}

/* Check that the table is refused, and empty it for the next try. */
static void assert_refused(World *world, uint64_t file_bytes)
{
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(world, file_bytes, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        g_byte_array_set_size(world->table, 0);
}

static void a_table_says_again_what_was_put_into_it(World *world, const void *unused)
{
        static const DeltaRun content[] = {{0, 20, 4}, {0, 30, 2}, {0, 1, 2}},
                              prefix[] = {{0, 99, 1}, {0, 0, 7}};
        g_autoptr(GArray) contents = g_array_new(false, false, sizeof(DeltaRun));
        g_autoptr(GArray) prefixes = g_array_new(false, false, sizeof(DeltaRun));
        g_array_append_vals(contents, content, 3);
        g_array_append_vals(prefixes, prefix, 2);
        put(world, 1000, RUN(40, 32), RUN(20, 64));
        delta_put_window(world->table, 77, contents, prefixes);
        g_autoptr(DeltaTable) table = parse(world, 1077, NULL);
        g_assert_nonnull(table);
        g_assert_cmpuint(delta_table_count(table), ==, 2);
        const DeltaWindow *window = delta_table_window(table, 1);
        g_assert_cmpuint(window->offset, ==, 1000);
        g_assert_cmpuint(window->frame_bytes, ==, 77);
        g_assert_cmpuint(window->content_bytes, ==, 2 * MIB);
        g_assert_cmpuint(window->prefix_bytes, ==, 2 * MIB);
        g_array_set_size(contents, 0);
        g_array_set_size(prefixes, 0);
        delta_table_runs(table, 1, contents, prefixes);
        g_assert_cmpuint(contents->len, ==, 3);
        g_assert_cmpint(memcmp(contents->data, content, sizeof content), ==, 0);
        g_assert_cmpuint(prefixes->len, ==, 2);
        g_assert_cmpint(memcmp(prefixes->data, prefix, sizeof prefix), ==, 0);
}

static void windows_at_their_bounds_are_taken_and_beyond_them_refused(World *world, const void *unused)
{
        put(world, 10, RUN(40, 32), RUN(20, 64)); /* 8 MiB of content, 16 MiB of prefix */
        assert_taken(world, 10);
        g_byte_array_set_size(world->table, 0);
        put(world, 10, RUN(40, 33), NONE);
        assert_refused(world, 10);
        put(world, 10, RUN(40, 32), RUN(20, 65));
        assert_refused(world, 10);
        put(world, 10, RUN(40, 3), NONE); /* less than 1 MiB, and not the last */
        put(world, 10, RUN(50, 4), NONE);
        assert_refused(world, 20);
        put(world, 10, RUN(50, 4), NONE);
        put(world, 10, RUN(40, 3), NONE);
        assert_taken(world, 20);
}

static void runs_beyond_their_blob_are_refused(World *world, const void *unused)
{
        put(world, 10, RUN(119, 1), RUN(99, 1));
        assert_taken(world, 10);
        g_byte_array_set_size(world->table, 0);
        put(world, 10, RUN(119, 2), NONE);
        assert_refused(world, 10);
        put(world, 10, RUN(120, 1), NONE);
        assert_refused(world, 10);
        put(world, 10, RUN(119, 1), RUN(99, 2));
        assert_refused(world, 10);
        put(world, 10, RUN(119, 1), RUN(UINT32_MAX / 2, UINT32_MAX));
        assert_refused(world, 10);
        put(world, 10, RUN(1, UINT32_MAX), NONE);
        assert_refused(world, 10);
        put(world, 10, (DeltaRun){1, 0, 1}, NONE); /* of an absent blob */
        assert_refused(world, 10);
        put(world, 10, RUN(0, 1), (DeltaRun){UINT32_MAX, 0, 1});
        assert_refused(world, 10);
}

static void zero_chunks_are_refused(World *world, const void *unused)
{
        put(world, 10, RUN(ZERO_CHUNK, 1), NONE);
        assert_refused(world, 10);
        put(world, 10, RUN(0, 20), NONE);
        assert_refused(world, 10);
        put(world, 10, RUN(20, 4), RUN(5, 4));
        assert_refused(world, 10);
}

static void contents_of_more_than_the_target_are_refused(World *world, const void *unused)
{
        for (int i = 0; i < 3; i++)
                put(world, 10, RUN(40, 32), NONE); /* the same again is only wasteful */
        assert_taken(world, 30);
        put(world, 10, RUN(40, 32), NONE); /* 32 MiB of 29.75 */
        assert_refused(world, 40);
}

static void frames_that_do_not_fill_the_file_are_refused(World *world, const void *unused)
{
        put(world, 10, RUN(40, 4), NONE);
        assert_taken(world, 10);
        assert_refused(world, 9);
        put(world, 10, RUN(40, 4), NONE);
        assert_refused(world, 11);
        assert_taken(world, 0); /* an empty delta */
        assert_refused(world, 1);
        put(world, 0, RUN(40, 4), NONE);
        assert_refused(world, 0);
        uint32_t room = (uint32_t)frame_max_bytes(MIB);
        put(world, room, RUN(40, 4), NONE);
        assert_taken(world, room);
        g_byte_array_set_size(world->table, 0);
        put(world, room + 1, RUN(40, 4), NONE);
        assert_refused(world, room + 1);
        put(world, 10, NONE, RUN(0, 1)); /* no content */
        assert_refused(world, 10);
}

static void cut_tables_are_refused(World *world, const void *unused)
{
        put(world, 300000, RUN(40, 32), RUN(20, 64));
        put(world, 200, RUN(90, 2), (DeltaRun){0, 10, 1});
        g_autoptr(GByteArray) whole = g_byte_array_new();
        g_byte_array_append(whole, world->table->data, world->table->len);
        assert_taken(world, 300200);
        for (guint size = 0; size < whole->len; size++) {
                g_byte_array_set_size(world->table, 0);
                g_byte_array_append(world->table, whole->data, size);
                assert_refused(world, 300200);
        }
        g_byte_array_append(world->table, whole->data, whole->len);
        g_byte_array_append(world->table, (const guint8 *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11);
        assert_refused(world, 300200);
}

static void counts_that_are_not_there_cost_no_memory(World *world, const void *unused)
{
        varint_put(world->table, 10);
        varint_put(world->table, UINT32_MAX); /* runs */
        assert_refused(world, 10);
        varint_put(world->table, 10);
        varint_put(world->table, (uint64_t)1 << 62);
        assert_refused(world, 10);
}

/* --- frames --- */

static void a_window_comes_back_with_its_prefix_alone(World *world, const void *unused)
{
        size_t frame_bytes = 0, without_bytes = 0;
        g_autofree uint8_t *prefix = scratch_bytes(1, MIB), *content = scratch_bytes(1, MIB);
        g_autofree uint8_t *got = g_malloc(MIB), *other = scratch_bytes(2, MIB);
        memset(content + 1000, 7, 100);
        g_autofree uint8_t *frame = scratch_window(content, MIB, prefix, MIB, &frame_bytes);
        g_autofree uint8_t *without = scratch_window(content, MIB, prefix, 0, &without_bytes);
        g_assert_cmpuint(frame_bytes, <, 1000);
        g_assert_cmpuint(without_bytes, >, MIB / 2);
        g_autoptr(GError) error = NULL;
        g_assert_true(delta_decode(frame, frame_bytes, prefix, MIB, got, MIB, &error));
        g_assert_cmpint(memcmp(got, content, MIB), ==, 0);
        g_assert_true(delta_decode(without, without_bytes, NULL, 0, got, MIB, &error));
        g_assert_cmpint(memcmp(got, content, MIB), ==, 0);
        bool decoded = delta_decode(frame, frame_bytes, other, MIB, got, MIB, NULL);
        g_assert_true(!decoded || memcmp(got, content, MIB) != 0);
        g_assert_false(delta_decode(frame, frame_bytes, prefix, 0, got, MIB, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
}

static void a_frame_of_another_size_is_refused(World *world, const void *unused)
{
        size_t frame_bytes = 0;
        g_autofree uint8_t *content = scratch_bytes(3, 64 * KIB), *got = g_malloc(128 * KIB);
        g_autofree uint8_t *frame = scratch_window(content, 64 * KIB, NULL, 0, &frame_bytes);
        for (size_t size = 0; size < frame_bytes; size += 1 + size / 8)
                g_assert_false(delta_decode(frame, size, NULL, 0, got, 64 * KIB, NULL));
        g_assert_false(delta_decode(frame, frame_bytes, NULL, 0, got, 64 * KIB - 1, NULL));
        g_assert_false(delta_decode(frame, frame_bytes, NULL, 0, got, 128 * KIB, NULL));
}

static void no_flipped_bit_of_a_frame_leads_astray(World *world, const void *unused)
{
        size_t frame_bytes = 0;
        g_autofree uint8_t *prefix = scratch_bytes(4, 64 * KIB), *content = scratch_bytes(4, 64 * KIB);
        g_autofree uint8_t *got = g_malloc(64 * KIB);
        memcpy(content + 5000, content, 3000);
        g_autofree uint8_t *frame = scratch_window(content, 64 * KIB, prefix, 64 * KIB, &frame_bytes);
        for (size_t bit = 0; bit < frame_bytes * 8; bit++) {
                frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
                delta_decode(frame, frame_bytes, prefix, 64 * KIB, got, 64 * KIB,
                             NULL); /* within its bounds */
                frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}

#define ADD(name) g_test_add("/delta/" #name, World, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD(a_table_says_again_what_was_put_into_it);
        ADD(windows_at_their_bounds_are_taken_and_beyond_them_refused);
        ADD(runs_beyond_their_blob_are_refused);
        ADD(zero_chunks_are_refused);
        ADD(contents_of_more_than_the_target_are_refused);
        ADD(frames_that_do_not_fill_the_file_are_refused);
        ADD(cut_tables_are_refused);
        ADD(counts_that_are_not_there_cost_no_memory);
        ADD(a_window_comes_back_with_its_prefix_alone);
        ADD(a_frame_of_another_size_is_refused);
        ADD(no_flipped_bit_of_a_frame_leads_astray);
        return g_test_run();
}
