/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deltamake.h"

#include "errors.h"
#include "scratch.h"

enum { SIZE = 20 << 20 };

/* Two versions in a depot of packs: the second differs from the first in single bytes, and in one part that
 * is entirely new. */
typedef struct {
        char *depot;
        char *images[2];
        Index *indexes[2];
        Catalog *catalog;
        PackReader *packs;
} Versions;

static void versions_make(Versions *v, const char *directory)
{
        g_autoptr(GError) error = NULL;
        g_autofree uint8_t *bytes = scratch_bytes(1, SIZE);
        v->depot = g_build_filename(directory, "depot", NULL);
        for (int i = 0; i < 2; i++) {
                g_autofree char *index = g_strdup_printf("%s/%d.caibx", directory, i);
                v->images[i] = g_strdup_printf("%s/%d.raw", directory, i);
                scratch_write(v->images[i], bytes, SIZE);
                scratch_publish(v->depot, v->images[i], index, NULL);
                v->indexes[i] = index_load(index, &error);
                g_assert_no_error(error);
                for (size_t at = 50000; at < SIZE; at += 70000)
                        bytes[at] ^= 0x80;
                g_autofree uint8_t *other = scratch_bytes(2, 300000);
                memcpy(bytes + (4 << 20), other, 300000);
        }
        g_autofree char *packs = g_build_filename(v->depot, "packs", NULL);
        g_autofree char *lists = g_build_filename(v->depot, "lists", NULL);
        v->catalog = catalog_load(&(CatalogSource){.packs = packs, .lists = lists}, &error);
        g_assert_no_error(error);
        v->packs = pack_reader_new(v->catalog, packs);
}

static void versions_clear(Versions *v)
{
        pack_reader_free(v->packs);
        catalog_free(v->catalog);
        for (int i = 0; i < 2; i++) {
                index_free(v->indexes[i]);
                g_free(v->images[i]);
        }
        g_free(v->depot);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Versions, versions_clear)

static bool make(const Versions *v, int from, const char *path, DeltaResult *made, GError **error)
{
        const Index *const *indexes = (const Index *const *)v->indexes;
        DeltaRequest request = {
                .sources = {indexes + from, 1}, .targets = {indexes + 1, 1}, .packs = v->packs, .path = path};
        return deltamake_run(&request, made, error);
}

/* The same, and check that it succeeds; `directory` is that of the versions. */
static char *make_good(const Versions *v, const char *directory, int from, DeltaResult *made)
{
        g_autoptr(GError) error = NULL;
        char *path = g_build_filename(directory, "delta", NULL);
        make(v, from, path, made, &error);
        g_assert_no_error(error);
        return path;
}

static size_t gather(const Index *index, const uint8_t *image, const GArray *runs, uint8_t *out)
{
        size_t size = 0;
        for (guint r = 0; r < runs->len; r++) {
                const DeltaRun *run = &g_array_index(runs, DeltaRun, r);
                for (uint32_t i = run->first; i < run->first + run->count; i++) {
                        memcpy(out + size, image + index_offset(index, i), index_length(index, i));
                        size += index_length(index, i);
                }
        }
        return size;
}

/* Undo window `w` with the first image, and compare with the second. Returns: the number of bytes. */
static size_t check_window(const Versions *v, const DeltaTable *table, size_t w, const uint8_t *frames,
                           char *const *images)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) content = g_array_new(false, false, sizeof(DeltaRun));
        g_autoptr(GArray) prefix = g_array_new(false, false, sizeof(DeltaRun));
        const DeltaWindow *window = delta_table_window(table, w);
        delta_table_runs(table, w, content, prefix);
        g_autofree uint8_t *dictionary = g_malloc(window->prefix_bytes + 1);
        g_autofree uint8_t *wanted = g_malloc(window->content_bytes);
        g_autofree uint8_t *got = g_malloc(window->content_bytes);
        g_assert_cmpuint(gather(v->indexes[0], (const uint8_t *)images[0], prefix, dictionary), ==,
                         window->prefix_bytes);
        g_assert_cmpuint(gather(v->indexes[1], (const uint8_t *)images[1], content, wanted), ==,
                         window->content_bytes);
        delta_decode(frames + window->offset, window->frame_bytes, dictionary, window->prefix_bytes, got,
                     window->content_bytes, &error);
        g_assert_no_error(error);
        g_assert_cmpint(memcmp(got, wanted, window->content_bytes), ==, 0);
        return window->content_bytes;
}

static void a_delta_holds_what_came_and_is_undone_with_what_went(void)
{
        g_autoptr(GError) error = NULL;
        g_autotempdir directory = directory_make_temporary(NULL);
        g_auto(Versions) v = {0};
        versions_make(&v, directory);
        g_auto(DeltaResult) made = {0};
        g_autofree char *path = make_good(&v, directory, 0, &made);
        g_assert_cmpuint(made.delta.bytes, <, made.packed_bytes / 10);
        g_autofree char *digest = scratch_sha256(path);
        g_assert_cmpstr(digest, ==, made.delta.name);

        const Index *const *indexes = (const Index *const *)v.indexes;
        g_autoptr(DeltaTable) table =
                delta_table_parse(made.delta.table, made.delta.bytes, (DeltaBlobs){indexes, 1},
                                  (DeltaBlobs){indexes + 1, 1}, "test", &error);
        g_assert_no_error(error);
        g_autofree char *frames = NULL, *old = NULL, *new = NULL;
        g_assert_true(g_file_get_contents(path, &frames, NULL, NULL));
        g_assert_true(g_file_get_contents(v.images[0], &old, NULL, NULL));
        g_assert_true(g_file_get_contents(v.images[1], &new, NULL, NULL));
        char *images[2] = {old, new};
        uint64_t bytes = 0;
        g_assert_cmpuint(delta_table_count(table), >, 1);
        for (size_t w = 0; w < delta_table_count(table); w++)
                bytes += check_window(&v, table, w, (const uint8_t *)frames, images);
        g_assert_cmpuint(bytes, ==, made.content_bytes);
}

static void the_same_versions_give_the_same_delta(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_auto(Versions) v = {0};
        versions_make(&v, directory);
        g_auto(DeltaResult) first = {0};
        g_free(make_good(&v, directory, 0, &first));
        for (int i = 0; i < 3; i++) {
                g_auto(DeltaResult) again = {0};
                g_free(make_good(&v, directory, 0, &again));
                g_assert_cmpstr(first.delta.name, ==, again.delta.name);
                g_assert_true(g_bytes_equal(first.delta.table, again.delta.table));
        }
}

static void between_equal_versions_there_is_no_delta(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_auto(Versions) v = {0};
        versions_make(&v, directory);
        g_auto(DeltaResult) made = {0};
        g_autofree char *path = make_good(&v, directory, 1, &made);
        g_assert_cmpuint(made.delta.bytes, ==, 0);
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void a_damaged_pack_is_named(void)
{
        g_autoptr(GError) error = NULL;
        g_autotempdir directory = directory_make_temporary(NULL);
        g_auto(Versions) v = {0};
        versions_make(&v, directory);
        g_autofree char *name = g_strdup_printf("packs/%s.pack", catalog_pack_name(v.catalog, 0));
        g_autofree char *pack = g_build_filename(v.depot, name, NULL);
        g_autofree char *path = g_build_filename(directory, "delta", NULL);
        g_autofree uint8_t *zeros = g_malloc0(5 << 20);
        scratch_write(pack, zeros, 5 << 20);
        g_auto(DeltaResult) made = {0};
        g_assert_false(make(&v, 0, path, &made, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        g_assert_nonnull(strstr(error->message, name));
}

static guint count_open_files(void)
{
        guint count = 0;
        g_autoptr(GDir) fds = g_dir_open("/proc/self/fd", 0, NULL);
        while (g_dir_read_name(fds))
                count++;
        return count;
}

static void of_many_packs_few_are_open_at_once(void)
{
        enum { PACKS = 150, BYTES = 20000, FEW = 70 };
        g_autoptr(GError) error = NULL;
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *image = g_build_filename(directory, "image", NULL);
        g_autoptr(GPtrArray) indexes = g_ptr_array_new_with_free_func((GDestroyNotify)index_free);
        for (uint32_t i = 0; i < PACKS; i++) {
                g_autofree char *index_path = g_strdup_printf("%s/%u.caibx", directory, i);
                g_autofree uint8_t *bytes = scratch_bytes(i, BYTES);
                scratch_write(image, bytes, BYTES);
                scratch_publish(directory, image, index_path, NULL);
                g_ptr_array_add(indexes, index_load(index_path, &error));
                g_assert_no_error(error);
        }
        g_autofree char *packs = g_build_filename(directory, "packs", NULL);
        g_autofree char *lists = g_build_filename(directory, "lists", NULL);
        g_autoptr(Catalog) catalog = catalog_load(&(CatalogSource){.packs = packs, .lists = lists}, &error);
        g_assert_cmpuint(catalog_pack_count(catalog), ==, PACKS);
        g_autoptr(PackReader) reader = pack_reader_new(catalog, packs);
        g_autofree uint8_t *content = g_malloc(BYTES);
        guint before = count_open_files();
        for (uint32_t round = 0; round < 2 * PACKS; round++) {
                const Index *index = g_ptr_array_index(indexes, round % PACKS);
                g_autofree uint8_t *bytes = scratch_bytes(round % PACKS, BYTES);
                pack_reader_read(reader, index_id(index, 0), index_length(index, 0), content, &error);
                g_assert_no_error(error);
                g_assert_cmpint(memcmp(content, bytes, index_length(index, 0)), ==, 0);
                g_assert_cmpuint(count_open_files(), <, before + FEW);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/deltamake/a_delta_holds_what_came_and_is_undone_with_what_went",
                        a_delta_holds_what_came_and_is_undone_with_what_went);
        g_test_add_func("/deltamake/the_same_versions_give_the_same_delta",
                        the_same_versions_give_the_same_delta);
        g_test_add_func("/deltamake/between_equal_versions_there_is_no_delta",
                        between_equal_versions_there_is_no_delta);
        g_test_add_func("/deltamake/a_damaged_pack_is_named", a_damaged_pack_is_named);
        g_test_add_func("/deltamake/of_many_packs_few_are_open_at_once", of_many_packs_few_are_open_at_once);
        return g_test_run();
}
