/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_package.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "process.h"

typedef struct {
        char *directory;
        char *index;
        GBytes *description;
        ServicePackageContent content;
} Fixture;

static void set_up(Fixture *fixture, const void *data)
{
        fixture->directory = directory_make_temporary(NULL);
        fixture->index = g_build_filename(fixture->directory, "index", NULL);
        g_assert_true(file_write_atomically(fixture->index, "an index", 8, 0600, NULL));
        fixture->description = g_bytes_new_static("service: web\n", 13);
        fixture->content = (ServicePackageContent){.service = "web",
                                                   .version = "1:1.0-1",
                                                   .architecture = "arm64",
                                                   .summary = "Front page",
                                                   .maintainer = "Libraries <of> Espoo",
                                                   .image_bytes = 4294967296,
                                                   .description = fixture->description,
                                                   .image_index = fixture->index,
                                                   .kernel_index = fixture->index};
}

static void tear_down(Fixture *fixture, const void *data)
{
        directory_remove_auto(&fixture->directory);
        g_free(fixture->index);
        g_bytes_unref(fixture->description);
}

/* Builds into the file `name` of the fixture's directory. Returns: owned path. */
static char *build(Fixture *fixture, const char *name, GError **error)
{
        g_autofree char *path = g_build_filename(fixture->directory, name, NULL);
        if (!service_package_build(&fixture->content, fixture->directory, path, error))
                return NULL;
        return g_steal_pointer(&path);
}

static PackageEntry entry_of(Fixture *fixture)
{
        return (PackageEntry){.service = (char *)fixture->content.service,
                              .version = (char *)fixture->content.version,
                              .architecture = (char *)fixture->content.architecture,
                              .filename = (char *)"pool/x.deb",
                              .format = 1};
}

static void what_was_built_is_opened(Fixture *fixture, const void *data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = build(fixture, "a.deb", &error);
        g_assert_no_error(error);
        PackageEntry entry = entry_of(fixture);
        g_autoptr(ServicePackage) package = service_package_open(path, &entry, &error);
        g_assert_no_error(error);
        g_assert_true(g_bytes_equal(package->description, fixture->description));
        g_autoptr(GBytes) index = file_read(package->image_index, 100, NULL);
        g_assert_cmpuint(g_bytes_get_size(index), ==, 8);
        g_assert_nonnull(package->kernel_index);
        g_assert_null(package->initrd_index);
}

static void the_directory_goes_with_the_package(Fixture *fixture, const void *data)
{
        g_autofree char *path = build(fixture, "a.deb", NULL);
        PackageEntry entry = entry_of(fixture);
        ServicePackage *package = service_package_open(path, &entry, NULL);
        g_autofree char *directory = g_strdup(package->directory);
        g_assert_true(g_file_test(directory, G_FILE_TEST_IS_DIR));
        service_package_free(package);
        g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
}

static void the_same_content_gives_the_same_bytes(Fixture *fixture, const void *data)
{
        g_autofree char *a = build(fixture, "a.deb", NULL);
        g_usleep(1100000);
        mode_t mask = umask(077);
        g_assert_cmpint(g_chmod(fixture->index, 0644), ==, 0);
        g_autofree char *b = build(fixture, "b.deb", NULL);
        umask(mask);
        g_autoptr(GBytes) a_bytes = file_read(a, 1 << 20, NULL);
        g_autoptr(GBytes) b_bytes = file_read(b, 1 << 20, NULL);
        g_assert_true(g_bytes_equal(a_bytes, b_bytes));
}

static void another_package_than_the_one_listed_is_refused(Fixture *fixture, const void *data)
{
        g_autofree char *path = build(fixture, "a.deb", NULL);
        for (int field = 0; field < 4; field++) {
                PackageEntry entry = entry_of(fixture);
                char **const names[] = {&entry.service, &entry.version, &entry.architecture};
                if (field < 3)
                        *names[field] = (char *)(field == 0 ? "access" : field == 1 ? "1.0-1" : "amd64");
                else
                        entry.format = 2;
                g_autoptr(GError) error = NULL;
                g_assert_null(service_package_open(path, &entry, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        }
}

static void content_that_could_mean_something_else_is_refused(Fixture *fixture, const void *data)
{
        const ServicePackageContent good = fixture->content;
        static const struct {
                const char *service, *version, *architecture, *summary, *maintainer;
        } bad[] = {
                {"../x", NULL, NULL, NULL, NULL}, {NULL, "1/2", NULL, NULL, NULL},
                {NULL, NULL, "all", NULL, NULL},  {NULL, NULL, NULL, "two\nDepends: x", NULL},
                {NULL, NULL, NULL, "\xff", NULL}, {NULL, NULL, NULL, NULL, "x\nPre-Depends: y"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                fixture->content = good;
                fixture->content.service = bad[i].service ? bad[i].service : good.service;
                fixture->content.version = bad[i].version ? bad[i].version : good.version;
                fixture->content.architecture = bad[i].architecture ? bad[i].architecture : good.architecture;
                fixture->content.summary = bad[i].summary ? bad[i].summary : good.summary;
                fixture->content.maintainer = bad[i].maintainer ? bad[i].maintainer : good.maintainer;
                g_autoptr(GError) error = NULL;
                g_assert_null(build(fixture, "a.deb", &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_USAGE));
        }
}

static char *field_of(const char *path, const char *name)
{
        const char *const argv[] = {"dpkg-deb", "--field", path, name, NULL};
        g_autoptr(GBytes) output = NULL;
        g_assert_true(
                process_run(&(Process){.argv = argv, .max_output_bytes = 1 << 20}, &output, NULL, NULL));
        return g_strchomp(g_strndup(g_bytes_get_data(output, NULL), g_bytes_get_size(output)));
}

static void what_it_needs_is_a_field(Fixture *fixture, const void *data)
{
        char *needs[] = {(char *)"db", (char *)"disk", NULL};
        fixture->content.needs = needs;
        g_autofree char *with = build(fixture, "with.deb", NULL);
        g_autofree char *field = field_of(with, "Lautta-Needs");
        g_assert_cmpstr(field, ==, "db, disk");
        fixture->content.needs = needs + 2;
        g_autofree char *without = build(fixture, "without.deb", NULL);
        g_autofree char *nothing = field_of(without, "Lautta-Needs");
        g_assert_cmpstr(nothing, ==, "");
        needs[1] = (char *)"disk\nDepends: x";
        fixture->content.needs = needs;
        g_autoptr(GError) error = NULL;
        g_assert_null(build(fixture, "bad.deb", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_USAGE));
}

static void a_file_in_the_way_is_kept(Fixture *fixture, const void *data)
{
        g_autofree char *path = g_build_filename(fixture->directory, "a.deb", NULL);
        g_assert_true(file_write_atomically(path, "x", 1, 0644, NULL));
        g_autoptr(GError) error = NULL;
        g_assert_null(build(fixture, "a.deb", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
}

/* Packs the tree `root` like an attacker with the release key or a mistaken tool would. */
static char *pack(Fixture *fixture, const char *root, const char *name)
{
        g_autofree char *debian = g_build_filename(root, "DEBIAN", NULL);
        g_autofree char *control = g_build_filename(debian, "control", NULL);
        g_autofree char *path = g_build_filename(fixture->directory, name, NULL);
        static const char text[] =
                "Package: web\nVersion: 1:1.0-1\nArchitecture: arm64\nMaintainer: x <x@x>\n"
                "Description: x\n";
        g_assert_true(directory_make(debian, 0755, NULL));
        g_assert_true(file_write_atomically(control, text, strlen(text), 0644, NULL));
        const char *const argv[] = {"dpkg-deb", "--build", root, path, NULL};
        g_assert_true(process_run(&(Process){.argv = argv}, NULL, NULL, NULL));
        return g_steal_pointer(&path);
}

static void links_and_missing_parts_inside_are_refused(Fixture *fixture, const void *data)
{
        static const char *const kinds[] = {"nothing",
                                            "no index",
                                            "index is a link",
                                            "index is a directory",
                                            "description is a link",
                                            "directory is a link"};
        for (size_t kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
                g_autofree char *root = g_strdup_printf("%s/root-%zu", fixture->directory, kind);
                g_autofree char *parent = g_build_filename(root, "usr/share/lautta/services", NULL);
                g_autofree char *inside = g_build_filename(parent, "web", NULL);
                g_autofree char *description = g_build_filename(inside, "service.yaml", NULL);
                g_autofree char *index = g_build_filename(inside, "image.caibx", NULL);
                g_assert_true(directory_make(kind == 5 ? parent : inside, 0755, NULL));
                if (kind == 1 || kind == 2 || kind == 3)
                        g_assert_true(file_write_atomically(description, "x", 1, 0644, NULL));
                if (kind == 2)
                        g_assert_cmpint(symlink("/etc/passwd", index), ==, 0);
                if (kind == 3)
                        g_assert_true(directory_make(index, 0755, NULL));
                if (kind == 4)
                        g_assert_cmpint(symlink("/etc/passwd", description), ==, 0);
                if (kind == 5)
                        g_assert_cmpint(symlink(fixture->directory, inside), ==, 0);
                g_autofree char *name = g_strdup_printf("%zu.deb", kind);
                g_autofree char *path = pack(fixture, root, name);
                PackageEntry entry = entry_of(fixture);
                g_autoptr(GError) error = NULL;
                g_assert_null(service_package_open(path, &entry, &error));
                g_test_message("%s: %s", kinds[kind], error->message);
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        }
}

static void add(const char *name, void (*test)(Fixture *, const void *))
{
        g_autofree char *path = g_strconcat("/service_package/", name, NULL);
        g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add("what_was_built_is_opened", what_was_built_is_opened);
        add("the_directory_goes_with_the_package", the_directory_goes_with_the_package);
        add("the_same_content_gives_the_same_bytes", the_same_content_gives_the_same_bytes);
        add("another_package_than_the_one_listed_is_refused", another_package_than_the_one_listed_is_refused);
        add("content_that_could_mean_something_else_is_refused",
            content_that_could_mean_something_else_is_refused);
        add("what_it_needs_is_a_field", what_it_needs_is_a_field);
        add("a_file_in_the_way_is_kept", a_file_in_the_way_is_kept);
        add("links_and_missing_parts_inside_are_refused", links_and_missing_parts_inside_are_refused);
        return g_test_run();
}
