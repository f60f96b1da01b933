/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "index.h"

#include "errors.h"
#include "scratch.h"

enum { ENTRIES_AT = 64, ENTRY = 40 };

/* An index of three data chunks of 64 KiB, as bytes to be damaged. */
static GByteArray *three_chunks(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "i", NULL);
        g_autoptr(IndexWriter) writer = index_writer_new(path, NULL);
        for (uint8_t i = 1; i <= 3; i++)
                g_assert_true(index_writer_add(writer, &(ChunkId){{i}}, 65536, NULL));
        g_assert_true(index_writer_finish(writer, NULL));
        gsize size = 0;
        char *bytes = NULL;
        g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
        return g_byte_array_new_take((guint8 *)bytes, size);
}

static Index *parse(GByteArray *bytes, GError **error)
{
        g_autoptr(GBytes) copy = g_bytes_new(bytes->data, bytes->len);
        return index_parse(copy, "test", error);
}

static void what_is_written_is_read(void)
{
        g_autoptr(GByteArray) bytes = three_chunks();
        g_autoptr(GError) error = NULL;
        g_autoptr(Index) index = parse(bytes, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(index_count(index), ==, 3);
        g_assert_cmpuint(index_blob_bytes(index), ==, 3 * 65536);
        g_assert_cmpuint(index_offset(index, 1), ==, 65536);
        g_assert_cmpuint(index_length(index, 2), ==, 65536);
        g_assert_cmpuint(index_id(index, 2)->bytes[0], ==, 3);
}

static void set_end(GByteArray *bytes, int entry, uint64_t end)
{
        end = GUINT64_TO_LE(end);
        memcpy(bytes->data + ENTRIES_AT + entry * ENTRY, &end, sizeof end);
}

static void assert_refused(GByteArray *bytes, const char *pattern)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Index) index = parse(bytes, &error);
        g_assert_null(index);
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        if (!g_pattern_match_simple(pattern, error->message))
                g_error("'%s' does not match '%s'", error->message, pattern);
}

static void overlapping_empty_huge_and_unordered_chunks_are_refused(void)
{
        static const struct {
                int entry;
                uint64_t end;
                const char *pattern;
        } cases[] = {
                {1, 65536, "*chunk 1 ends at*"},         /* zero length */
                {1, 4096, "*chunk 1 ends at*"},          /* unordered: overlaps the previous chunk */
                {2, 131071, "*chunk 2 ends at*"},        /* overlap by a byte */
                {2, 131072 + 262144 + 1, "*too large*"}, /* a data chunk above 256 KiB */
                {2, (uint64_t)17 << 40, "*too large*"},  /* a blob above 16 TiB */
                {2, UINT64_MAX, "*too large*"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GByteArray) bytes = three_chunks();
                set_end(bytes, cases[i].entry, cases[i].end);
                assert_refused(bytes, cases[i].pattern);
        }
}

/* Any flipped bit outside of ends and ids changes the header or the tail. */
static void a_damaged_frame_is_refused(void)
{
        g_autoptr(GByteArray) whole = three_chunks();
        for (guint cut = 0; cut < whole->len; cut++) {
                g_autoptr(GByteArray) bytes = g_byte_array_new();
                g_byte_array_append(bytes, whole->data, cut);
                assert_refused(bytes, "*");
        }
        static const guint places[] = {0,
                                       8,
                                       16,
                                       48,
                                       56,
                                       64 + 3 * 40,
                                       64 + 3 * 40 + 8,
                                       64 + 3 * 40 + 16,
                                       64 + 3 * 40 + 24,
                                       64 + 3 * 40 + 32};
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
                g_autoptr(GByteArray) bytes = three_chunks();
                bytes->data[places[i]] ^= 1;
                assert_refused(bytes, "*");
        }
        guint8 more = 0;
        g_byte_array_append(whole, &more, 1);
        assert_refused(whole, "*");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/index/what_is_written_is_read", what_is_written_is_read);
        g_test_add_func("/index/overlapping_empty_huge_and_unordered_chunks_are_refused",
                        overlapping_empty_huge_and_unordered_chunks_are_refused);
        g_test_add_func("/index/a_damaged_frame_is_refused", a_damaged_frame_is_refused);
        return g_test_run();
}
