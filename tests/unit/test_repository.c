/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a depot by the library; the kill at every step is in tests/functional/depot-kill.sh. */
#include "layout.h"
#include "repository.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "depot.h"
#include "errors.h"
#include "files.h"
#include "keys.h"
#include "service_package.h"

static char *scratch; /* one $LAUTTA_HOME for all tests, since making keys takes a while */

typedef struct {
        char *path;
        Repository *repository;
} Fixture;

static Repository *open_locked(const char *path, GError **error)
{
        g_autoptr(Repository) repository = repository_open(path, error);
        if (!repository || !repository_lock(repository, NULL, NULL, error))
                return NULL;
        return g_steal_pointer(&repository);
}

static void set_up(Fixture *fixture, const void *data)
{
        g_autoptr(GError) error = NULL;
        fixture->path = g_build_filename(scratch, "depot", NULL);
        g_assert_true(directory_remove(fixture->path, NULL));
        repository_create(fixture->path, &(RepositoryOptions){.origin = "Libraries"}, &error);
        g_assert_no_error(error);
        fixture->repository = open_locked(fixture->path, &error);
        g_assert_no_error(error);
}

static void tear_down(Fixture *fixture, const void *data)
{
        repository_free(fixture->repository);
        g_free(fixture->path);
}

static char *make_file(Repository *repository, const char *name, const char *text)
{
        char *path = g_build_filename(repository_tmp(repository), name, NULL);
        g_assert_true(file_write_atomically(path, text, strlen(text), 0600, NULL));
        return path;
}

static char *make_package(Repository *repository, const char *version, const char *index_text)
{
        g_autofree char *index = make_file(repository, "index", index_text);
        g_autoptr(GBytes) description = g_bytes_new_static("service: web\n", 13);
        ServicePackageContent content = {.service = "web",
                                         .version = version,
                                         .architecture = "amd64",
                                         .summary = "Front page",
                                         .maintainer = repository_origin(repository),
                                         .description = description,
                                         .image_index = index};
        char *path = g_build_filename(repository_tmp(repository), "package.deb", NULL);
        g_autoptr(GError) error = NULL;
        service_package_build(&content, repository_tmp(repository), path, &error);
        g_assert_no_error(error);
        return path;
}

/* Do all steps of a publication except the commit. */
static void place_version(Repository *repository, const char *version)
{
        g_autofree char *package_path = layout_package_path("web", version, "amd64");
        g_autofree char *locator_path = layout_locator_path("web", version, "amd64");
        g_autoptr(GError) error = NULL;
        repository_begin(repository, REPOSITORY_ADD, package_path, &error);
        g_assert_no_error(error);
        g_autofree char *locator = make_file(repository, "locator", "a locator");
        g_assert_true(repository_place(repository, locator, locator_path, &error));
        g_autofree char *package = make_package(repository, version, "an index");
        g_assert_true(repository_place(repository, package, package_path, &error));
        g_assert_no_error(error);
}

static void publish(Repository *repository, const char *version)
{
        g_autoptr(GError) error = NULL;
        place_version(repository, version);
        repository_commit(repository, &error);
        g_assert_no_error(error);
}

/* Returns: the versions that a reader of the depot sees, newest first, as "2.0 1.0". */
static char *read_versions(const char *path)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *keyring = keys_public_path("release");
        g_autoptr(Remote) remote = remote_open(path, NULL, &error);
        g_assert_no_error(error);
        g_autoptr(Depot) depot = depot_open(remote, &(DepotOptions){.keyring = keyring}, &error);
        g_assert_no_error(error);
        g_autoptr(GString) versions = g_string_new(NULL);
        for (guint i = 0; i < depot_entries(depot)->len; i++) {
                const PackageEntry *entry = depot_entries(depot)->pdata[i];
                g_string_append_printf(versions, "%s%s", i ? " " : "", entry->version);
        }
        return g_string_free(g_steal_pointer(&versions), false);
}

static bool has(const Fixture *fixture, const char *path)
{
        g_autofree char *full = g_build_filename(fixture->path, path, NULL);
        return g_file_test(full, G_FILE_TEST_EXISTS);
}

static void what_is_published_is_read_back(Fixture *fixture, const void *data)
{
        publish(fixture->repository, "1.9");
        publish(fixture->repository, "1.10");
        g_autofree char *versions = read_versions(fixture->path);
        g_assert_cmpstr(versions, ==, "1.10 1.9");
        g_assert_cmpuint(repository_entries(fixture->repository)->len, ==, 2);

        g_autoptr(GError) error = NULL;
        g_autofree char *keyring = keys_public_path("release");
        g_autoptr(Remote) remote = remote_open(fixture->path, NULL, &error);
        g_autoptr(Depot) depot = depot_open(remote, &(DepotOptions){.keyring = keyring}, &error);
        const PackageEntry *newest = depot_find(depot, "web", NULL, NULL, &error);
        g_assert_cmpstr(newest->version, ==, "1.10");
        g_autoptr(ServicePackage) package = depot_read_package(depot, newest, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(g_bytes_get_size(package->description), ==, 13);
        g_assert_null(depot_find(depot, "web", "2", NULL, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_NOT_FOUND));
        g_assert_nonnull(strstr(error->message, "it has 1.10 (amd64), 1.9 (amd64)"));
}

static void a_transaction_that_is_given_up_leaves_nothing(Fixture *fixture, const void *data)
{
        publish(fixture->repository, "1.0");
        place_version(fixture->repository, "2.0");
        g_assert_true(has(fixture, "pool/main/w/web/web_2.0_amd64.deb"));
        g_clear_pointer(&fixture->repository, repository_free);
        g_assert_false(has(fixture, "pool/main/w/web/web_2.0_amd64.deb"));
        g_assert_false(has(fixture, "locators/web_2.0_amd64.locator"));
        g_assert_false(has(fixture, ".lautta/transaction"));
        g_assert_true(has(fixture, "pool/main/w/web/web_1.0_amd64.deb"));
        fixture->repository = open_locked(fixture->path, NULL);
        publish(fixture->repository, "2.0");
        g_autofree char *versions = read_versions(fixture->path);
        g_assert_cmpstr(versions, ==, "2.0 1.0");
}

static void a_file_that_was_there_before_stays_when_a_transaction_is_given_up(Fixture *fixture,
                                                                              const void *data)
{
        publish(fixture->repository, "1.0");
        g_autofree char *package_path = layout_package_path("web", "2.0", "amd64");
        g_assert_true(repository_begin(fixture->repository, REPOSITORY_ADD, package_path, NULL));
        g_autofree char *rewritten = make_file(fixture->repository, "locator", "rewritten");
        g_assert_true(
                repository_place(fixture->repository, rewritten, "locators/web_1.0_amd64.locator", NULL));
        g_clear_pointer(&fixture->repository, repository_free);
        g_assert_true(has(fixture, "locators/web_1.0_amd64.locator"));
}

/* Another user who can write to the tree places a symlink while the operator writes. */
static void swap_for_symlink(const Fixture *fixture, const char *directory, const char *outside)
{
        g_autofree char *inside = g_build_filename(fixture->path, directory, NULL);
        g_assert_true(directory_make(outside, 0755, NULL));
        g_assert_true(directory_remove(inside, NULL));
        g_assert_cmpint(symlink(outside, inside), ==, 0);
}

static bool is_empty(const char *directory)
{
        g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
        return !g_dir_read_name(entries);
}

static void a_directory_that_becomes_a_symlink_meanwhile_is_not_followed(Fixture *fixture, const void *data)
{
        static const char *const directories[] = {"pool/main", "pool", "locators", "packs", ".lautta/chunks"};
        static const char *const files[] = {
                "pool/main/w/web/web_2.0_amd64.deb", "pool/main/w/web/web_2.0_amd64.deb",
                "locators/web_2.0_amd64.locator", "packs/a.pack", ".lautta/chunks/a.chunks"};
        publish(fixture->repository, "1.0");
        g_autofree char *outside = g_build_filename(scratch, "outside", NULL);
        g_autofree char *path = layout_package_path("web", "2.0", "amd64");
        g_assert_true(repository_begin(fixture->repository, REPOSITORY_ADD, path, NULL));
        for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *file = make_file(fixture->repository, "x", "x");
                swap_for_symlink(fixture, directories[i], outside);
                g_assert_false(repository_place(fixture->repository, file, files[i], &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
                g_assert_nonnull(strstr(error->message, "symlink"));
                g_assert_true(is_empty(outside));
                g_autofree char *link = g_build_filename(fixture->path, directories[i], NULL);
                g_assert_cmpint(g_remove(link), ==, 0);
        }
}

static void a_file_with_a_second_name_is_not_placed(Fixture *fixture, const void *data)
{
        g_autofree char *path = layout_package_path("web", "1.0", "amd64");
        g_assert_true(repository_begin(fixture->repository, REPOSITORY_ADD, path, NULL));
        g_autofree char *file = make_file(fixture->repository, "x", "x");
        g_autofree char *second = g_build_filename(scratch, "second", NULL);
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(link(file, second), ==, 0);
        g_assert_false(repository_place(fixture->repository, file, "packs/a.pack", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
        struct stat st;
        g_assert_cmpint(stat(second, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 0777, ==, 0600);
        g_assert_cmpint(g_remove(second), ==, 0);
}

static void misuse_is_refused(Fixture *fixture, const void *data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = layout_package_path("web", "1.0", "amd64");
        g_assert_false(repository_begin(fixture->repository, REPOSITORY_REMOVE, path, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_NOT_FOUND));
        g_clear_error(&error);
        publish(fixture->repository, "1.0");
        g_assert_false(repository_begin(fixture->repository, REPOSITORY_ADD, path, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
        g_clear_error(&error);
        g_autofree char *other = layout_package_path("web", "2.0", "amd64");
        g_assert_true(repository_begin(fixture->repository, REPOSITORY_ADD, other, NULL));
        g_autofree char *file = make_file(fixture->repository, "x", "x");
        g_assert_false(repository_place(fixture->repository, file, "../x", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_USAGE));
        g_clear_error(&error);
        g_assert_false(repository_commit(fixture->repository, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
}

static void a_package_that_is_none_is_not_published(Fixture *fixture, const void *data)
{
        g_autofree char *path = layout_package_path("web", "1.0", "amd64");
        g_autoptr(GError) error = NULL;
        g_assert_true(repository_begin(fixture->repository, REPOSITORY_ADD, path, NULL));
        g_autofree char *nonsense = make_file(fixture->repository, "x", "no package");
        g_assert_true(repository_place(fixture->repository, nonsense, path, NULL));
        g_assert_false(repository_commit(fixture->repository, &error));
        g_clear_pointer(&fixture->repository, repository_free);
        g_autofree char *versions = read_versions(fixture->path);
        g_assert_cmpstr(versions, ==, "");
        g_assert_false(has(fixture, path));
}

/* Another user who can write to the tree replaces the package before it is signed. */
static void a_package_that_changes_after_it_was_placed_is_not_signed(Fixture *fixture, const void *data)
{
        place_version(fixture->repository, "1.0");
        g_autofree char *path = layout_package_path("web", "1.0", "amd64");
        g_autofree char *placed = g_build_filename(fixture->path, path, NULL);
        g_autofree char *other = make_package(fixture->repository, "1.0", "another index");
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(g_rename(other, placed), ==, 0);
        g_assert_false(repository_commit(fixture->repository, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        g_assert_nonnull(strstr(error->message, "changed after it was placed"));
        g_clear_pointer(&fixture->repository, repository_free);
        g_autofree char *versions = read_versions(fixture->path);
        g_assert_cmpstr(versions, ==, "");
}

static void a_removal_takes_what_it_named(Fixture *fixture, const void *data)
{
        publish(fixture->repository, "1.0");
        publish(fixture->repository, "2.0");
        g_autoptr(GError) error = NULL;
        g_autofree char *path = layout_package_path("web", "1.0", "amd64");
        g_assert_true(repository_begin(fixture->repository, REPOSITORY_REMOVE, path, &error));
        g_assert_true(repository_unplace(fixture->repository, "locators/web_1.0_amd64.locator", &error));
        g_assert_true(repository_commit(fixture->repository, &error));
        g_assert_no_error(error);
        g_assert_false(has(fixture, path));
        g_assert_false(has(fixture, "locators/web_1.0_amd64.locator"));
        g_autofree char *versions = read_versions(fixture->path);
        g_assert_cmpstr(versions, ==, "2.0");
}

static void a_reader_goes_on_with_a_package_list_that_has_been_replaced(Fixture *fixture, const void *data)
{
        /* The state of a reader when a publication comes between its InRelease and its Packages. */
        g_autofree char *in_release = g_build_filename(fixture->path, "dists/stable/InRelease", NULL);
        publish(fixture->repository, "1.0");
        g_autoptr(GBytes) old = file_read(in_release, 1 << 20, NULL);
        publish(fixture->repository, "2.0");
        g_autofree char *mirror_state = g_build_filename(scratch, "mirror-state", NULL);
        g_assert_true(file_write_atomically(in_release, g_bytes_get_data(old, NULL), g_bytes_get_size(old),
                                            0644, NULL));
        g_autofree char *keyring = keys_public_path("release");
        g_autoptr(Remote) remote = remote_open(fixture->path, NULL, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Depot) depot = depot_open(
                remote, &(DepotOptions){.keyring = keyring, .state_directory = mirror_state}, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(depot_entries(depot)->len, ==, 1);
}

static void paths_are_those_of_debian(void)
{
        static const struct {
                const char *service, *version, *path, *locator;
        } cases[] = {
                {"web", "1.0", "pool/main/w/web/web_1.0_amd64.deb", "locators/web_1.0_amd64.locator"},
                {"web", "2:1.0~rc1+b-3", "pool/main/w/web/web_1.0~rc1+b-3_amd64.deb",
                 "locators/web_1.0~rc1+b-3_amd64.locator"},
                {"libx", "1", "pool/main/libx/libx/libx_1_amd64.deb", "locators/libx_1_amd64.locator"},
                {"lib", "1", "pool/main/lib/lib/lib_1_amd64.deb", "locators/lib_1_amd64.locator"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = layout_package_path(cases[i].service, cases[i].version, "amd64");
                g_autofree char *locator = layout_locator_path(cases[i].service, cases[i].version, "amd64");
                g_assert_cmpstr(path, ==, cases[i].path);
                g_assert_cmpstr(locator, ==, cases[i].locator);
        }
}

static void a_thousand_versions_are_as_fast_as_one(Fixture *fixture, const void *data)
{
        if (!g_test_slow()) {
                g_test_skip("only with -m slow");
                return;
        }
        int64_t first = 0, last = 0;
        for (int i = 0; i < 1000; i++) {
                g_autofree char *version = g_strdup_printf("1.%d", i);
                int64_t start = g_get_monotonic_time();
                publish(fixture->repository, version);
                last = g_get_monotonic_time() - start;
                first = first ? first : last;
        }
        g_test_message("the first took %d ms, the thousandth %d ms", (int)(first / 1000), (int)(last / 1000));
        g_assert_cmpint(last, <, 3 * G_USEC_PER_SEC);
}

static void add(const char *name, void (*test)(Fixture *, const void *))
{
        g_autofree char *path = g_strconcat("/repository/", name, NULL);
        g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_autotempdir directory = directory_make_temporary(NULL);
        scratch = directory;
        g_autofree char *home = g_build_filename(scratch, "home", NULL);
        g_setenv("LAUTTA_HOME", home, true);
        g_autoptr(GError) error = NULL;
        g_autoptr(Keys) keys = keys_init(NULL, &error);
        g_assert_no_error(error);
        g_test_add_func("/repository/paths_are_those_of_debian", paths_are_those_of_debian);
        add("what_is_published_is_read_back", what_is_published_is_read_back);
        add("a_transaction_that_is_given_up_leaves_nothing", a_transaction_that_is_given_up_leaves_nothing);
        add("a_file_that_was_there_before_stays_when_a_transaction_is_given_up",
            a_file_that_was_there_before_stays_when_a_transaction_is_given_up);
        add("a_directory_that_becomes_a_symlink_meanwhile_is_not_followed",
            a_directory_that_becomes_a_symlink_meanwhile_is_not_followed);
        add("a_file_with_a_second_name_is_not_placed", a_file_with_a_second_name_is_not_placed);
        add("misuse_is_refused", misuse_is_refused);
        add("a_package_that_is_none_is_not_published", a_package_that_is_none_is_not_published);
        add("a_package_that_changes_after_it_was_placed_is_not_signed",
            a_package_that_changes_after_it_was_placed_is_not_signed);
        add("a_removal_takes_what_it_named", a_removal_takes_what_it_named);
        add("a_reader_goes_on_with_a_package_list_that_has_been_replaced",
            a_reader_goes_on_with_a_package_list_that_has_been_replaced);
        add("a_thousand_versions_are_as_fast_as_one", a_thousand_versions_are_as_fast_as_one);
        return g_test_run();
}
