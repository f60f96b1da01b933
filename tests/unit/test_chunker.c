/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chunker.h"

#include "chunk.h"
#include "digest.h"
#include "scratch.h"

static void the_table_of_zero_chunks_is_right(void)
{
        for (uint64_t length = 4096; length <= CHUNK_ZERO_MAX_BYTES; length *= 2) {
                g_autofree uint8_t *zeros = g_malloc0(length);
                ChunkId id;
                digest_sha256(zeros, length, id.bytes);
                g_assert_true(chunk_is_zero(&id, length));
                g_assert_false(chunk_is_zero(&id, length * 2));
        }
        g_assert_null(chunk_zero_id(2048));
        g_assert_null(chunk_zero_id(12288));
        g_assert_null(chunk_zero_id((uint64_t)32 << 20));
}

static void zero_runs_are_cut_into_falling_powers_of_two(void)
{
        g_assert_cmpuint(chunk_zero_length(4096), ==, 4096);
        g_assert_cmpuint(chunk_zero_length(12288), ==, 8192);
        g_assert_cmpuint(chunk_zero_length((uint64_t)1 << 43), ==, CHUNK_ZERO_MAX_BYTES);
}

static void data_chunks_keep_their_bounds(void)
{
        const size_t size = 16 << 20;
        g_autofree uint8_t *data = scratch_bytes(1, size);
        size_t at = 0, count = 0;
        while (at < size) {
                CutKind kind;
                size_t length = chunker_next(data + at, size - at, &kind);
                g_assert_cmpint(kind, ==, CUT_DATA);
                g_assert_cmpuint(length, <=, CHUNK_DATA_MAX_BYTES);
                g_assert_true(length >= CHUNK_MIN_BYTES || at + length == size);
                g_assert_cmpuint(length % CHUNK_BLOCK_BYTES, ==, 0);
                at += length;
                count++;
        }
        size_t average = size / count;
        g_assert_cmpuint(average, >, 44 * 1024);
        g_assert_cmpuint(average, <, 60 * 1024);
}

/* Boundaries must be found again behind an insertion, or deduplication is lost. */
static void boundaries_come_together_again_after_an_insertion(void)
{
        const size_t size = 8 << 20;
        g_autofree uint8_t *data = scratch_bytes(2, size);
        g_autoptr(GHashTable) ends = g_hash_table_new(NULL, NULL);
        CutKind kind;
        for (size_t at = 0; at < size;) {
                at += chunker_next(data + at, size - at, &kind);
                g_hash_table_add(ends, GSIZE_TO_POINTER(at));
        }
        size_t common = 0, all = 0;
        for (size_t at = 3 * 4096; at < size; all++) {
                at += chunker_next(data + at, size - at, &kind);
                common += g_hash_table_contains(ends, GSIZE_TO_POINTER(at)) ? 1 : 0;
        }
        g_assert_cmpuint(common * 100, >, all * 90);
}

static char *index_of(const char *directory, const char *image)
{
        g_autofree char *index = g_build_filename(directory, "index", NULL);
        g_autoptr(GError) error = NULL;
        ingest_index_only(image, index, NULL, NULL, &error);
        g_assert_no_error(error);
        return scratch_sha256(index);
}

/* Zeros as holes, as written blocks, and mixed: the same image, the same index. */
static void holes_and_written_zeros_chunk_alike(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        const size_t sizes[] = {40 << 20, (40 << 20) + 512, 65536, 65536 + 100, 3 * 4096, 512};
        for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
                size_t size = sizes[s];
                g_autofree uint8_t *bytes = g_malloc0(size);
                g_autofree uint8_t *data = scratch_bytes(3, 1 << 20);
                static const size_t islands[] = {5 << 20, (7 << 20) + 4096, (12 << 20) + 12 * 4096,
                                                 (39 << 20)};
                for (size_t i = 0; i < G_N_ELEMENTS(islands); i++)
                        if (islands[i] + 300000 < size)
                                memcpy(bytes + islands[i], data + i * 1000, 300000);
                g_autofree char *dense = g_build_filename(directory, "dense", NULL);
                g_autofree char *sparse = g_build_filename(directory, "sparse", NULL);
                scratch_write(dense, bytes, size);
                g_autofd fd = open(sparse, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
                g_assert_cmpint(ftruncate(fd, (off_t)size), ==, 0);
                for (size_t at = 0; at + 4096 <= size; at += 4096)
                        if (!bytes_are_zero(bytes + at, 4096))
                                g_assert_cmpint(pwrite(fd, bytes + at, 4096, (off_t)at), ==, 4096);
                g_autofree char *from_dense = index_of(directory, dense);
                g_autofree char *from_sparse = index_of(directory, sparse);
                g_assert_cmpstr(from_dense, ==, from_sparse);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/chunker/the_table_of_zero_chunks_is_right", the_table_of_zero_chunks_is_right);
        g_test_add_func("/chunker/zero_runs_are_cut_into_falling_powers_of_two",
                        zero_runs_are_cut_into_falling_powers_of_two);
        g_test_add_func("/chunker/data_chunks_keep_their_bounds", data_chunks_keep_their_bounds);
        g_test_add_func("/chunker/boundaries_come_together_again_after_an_insertion",
                        boundaries_come_together_again_after_an_insertion);
        g_test_add_func("/chunker/holes_and_written_zeros_chunk_alike", holes_and_written_zeros_chunk_alike);
        return g_test_run();
}
