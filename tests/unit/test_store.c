/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store.h"

#include <string.h>

#include "errors.h"
#include "files.h"
#include "index.h"

#define TEXT TEXT_OF("1.0")
#define TEXT_OF(version)                                                                                     \
        "service: web\nversion: " version "\narchitecture: amd64\nboot: firmware\nimage: {file: x.raw}\n"

typedef struct {
        char *directory;
        Store *store;
        PackageEntry entry;
        ServicePackage package;
} Fixture;

static void set_up(Fixture *f, const void *data)
{
        f->directory = directory_make_temporary(NULL);
        f->store = store_new(f->directory);
        f->entry = (PackageEntry){.service = (char *)"web", .version = (char *)"1.0", .sha256 = {1}};
        f->package.description = g_bytes_new_static(TEXT, strlen(TEXT));
        f->package.image_index = g_build_filename(f->directory, "x.caibx", NULL);
        g_autoptr(IndexWriter) writer = index_writer_new(f->package.image_index, NULL);
        ChunkId id = {{7}};
        g_assert_true(index_writer_add(writer, &id, 1000, NULL) && index_writer_finish(writer, NULL));
}

static void tear_down(Fixture *f, const void *data)
{
        store_free(f->store);
        g_bytes_unref(f->package.description);
        g_free(f->package.image_index);
        directory_remove_auto(&f->directory);
}

static char *path_in(const Fixture *f, const char *name)
{
        return g_build_filename(f->directory, name, NULL);
}

static void what_a_package_says_is_kept_and_read_back(Fixture *f, const void *data)
{
        g_autoptr(GError) error = NULL;
        g_assert_true(store_put(f->store, &f->entry, &f->package, &error));
        g_autoptr(Stored) stored = store_load(f->store, "web", "1.0", &error);
        g_assert_no_error(error);
        g_assert_cmpstr(stored->description->service, ==, "web");
        g_assert_cmpuint(stored->data_bytes, ==, 1000);
        g_assert_cmpint(stored->sha256[0], ==, 1);
        g_assert_null(store_load(f->store, "web", "2.0", &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_NOT_FOUND);
}

static void another_package_of_the_version_replaces_it(Fixture *f, const void *data)
{
        g_assert_true(store_put(f->store, &f->entry, &f->package, NULL));
        g_autoptr(Stored) before = store_load(f->store, "web", "1.0", NULL);
        f->entry.sha256[0] = 2;
        g_assert_true(store_put(f->store, &f->entry, &f->package, NULL));
        g_autoptr(Stored) after = store_load(f->store, "web", "1.0", NULL);
        g_assert_cmpint(before->sha256[0], ==, 1);
        g_assert_cmpint(after->sha256[0], ==, 2);
}

static void a_version_that_ends_like_a_temporary_name_is_kept(Fixture *f, const void *data)
{
        g_autoptr(GError) error = NULL;
        Fixture other = *f;
        other.entry.version = (char *)"1.0.new";
        other.package.description = g_bytes_new_static(TEXT_OF("1.0.new"), strlen(TEXT_OF("1.0.new")));
        g_assert_true(store_put(f->store, &other.entry, &other.package, &error));
        g_assert_true(store_put(f->store, &f->entry, &f->package, &error));
        g_assert_no_error(error);
        g_autoptr(Store) again = store_new(f->directory);
        g_autoptr(Stored) stored = store_load(again, "web", "1.0.new", &error);
        g_assert_no_error(error);
        g_assert_true(store_remove(f->store, "web", "1.0", NULL));
        g_autoptr(GPtrArray) left = store_list(f->store, NULL);
        g_assert_cmpuint(left->len, ==, 1);
        g_assert_cmpstr(((const StoreKept *)left->pdata[0])->version, ==, "1.0.new");
        g_bytes_unref(other.package.description);
}

static void a_description_of_another_service_is_refused(Fixture *f, const void *data)
{
        g_autoptr(GError) error = NULL;
        f->entry.version = (char *)"1.1";
        g_assert_false(store_put(f->store, &f->entry, &f->package, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT);
        g_autoptr(GPtrArray) all = store_list(f->store, NULL);
        g_assert_cmpuint(all->len, ==, 0);
}

static void a_torn_entry_is_not_believed(Fixture *f, const void *data)
{
        g_autoptr(GError) error = NULL;
        g_assert_true(store_put(f->store, &f->entry, &f->package, NULL));
        g_autofree char *path = path_in(f, "services/web/1.0/package");
        g_assert_true(g_file_set_contents(path, "{}", -1, NULL));
        g_assert_null(store_load(f->store, "web", "1.0", &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT);
}

static void whatever_lies_here_is_listed_and_removed(Fixture *f, const void *data)
{
        const char *const files[] = {"images/web_1.0.raw",
                                     "images/web_1.0.raw.partial",
                                     "images/db_9.raw.kernel",
                                     "images/stranger",
                                     "images/web_1.1.raw.caibx.new",
                                     "roots/db_8/upper",
                                     "services/db/7,new/service.yaml"};
        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = path_in(f, files[i]);
                g_autofree char *parent = g_path_get_dirname(path);
                g_assert_true(directory_make(parent, 0755, NULL) && g_file_set_contents(path, "x", 1, NULL));
        }
        g_autoptr(GPtrArray) all = store_list(f->store, NULL);
        const char *const expected[] = {"db 7", "db 8", "db 9", "web 1.0", "web 1.1"};
        g_assert_cmpuint(all->len, ==, G_N_ELEMENTS(expected));
        for (guint i = 0; i < all->len; i++) {
                const StoreKept *kept = all->pdata[i];
                g_autofree char *text = g_strdup_printf("%s %s", kept->service, kept->version);
                g_assert_cmpstr(text, ==, expected[i]);
                g_assert_true(store_remove(f->store, kept->service, kept->version, NULL));
        }
        g_autoptr(GPtrArray) left = store_list(f->store, NULL);
        g_assert_cmpuint(left->len, ==, 1); /* a root is the instance's matter */
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add("/store/" #name, Fixture, NULL, set_up, name, tear_down)
        ADD(what_a_package_says_is_kept_and_read_back);
        ADD(another_package_of_the_version_replaces_it);
        ADD(a_version_that_ends_like_a_temporary_name_is_kept);
        ADD(a_description_of_another_service_is_refused);
        ADD(a_torn_entry_is_not_believed);
        ADD(whatever_lies_here_is_listed_and_removed);
        return g_test_run();
}
