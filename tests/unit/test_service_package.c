/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_package.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debversion.h"
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

/* Build the file `name` in the fixture's directory. Returns: owned path. */
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

/* --- packages of other builders */

#define CONTROL                                                                                              \
        "Package: web\nVersion: 1:1.0-1\nArchitecture: arm64\nMaintainer: x <x@x>\nSection: misc\n"          \
        "Priority: optional\nDepends: lautta-agent\nLautta-Format: 1\nLautta-Image-Size: 1\nDescription: x\n"

/* Pack the tree `root` with the text `control`, as a malicious owner of the release key could. Returns: owned
 * path. */
static char *pack(Fixture *fixture, const char *root, const char *control)
{
        g_autofree char *debian = g_build_filename(root, "DEBIAN", NULL);
        g_autofree char *file = g_build_filename(debian, "control", NULL);
        g_autofree char *path = g_strconcat(root, ".deb", NULL);
        g_assert_true(directory_make(debian, 0755, NULL));
        g_assert_true(file_write_atomically(file, control, strlen(control), 0644, NULL));
        g_assert_cmpint(g_chmod(file, 0644), ==, 0);
        const char *const argv[] = {"dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", root, path,
                                    NULL};
        g_autoptr(GError) error = NULL;
        process_run(&(Process){.argv = argv}, NULL, NULL, &error);
        g_assert_no_error(error);
        return g_steal_pointer(&path);
}

/* Write a file into the tree with that mode, and its directories. */
static void put(const char *root, const char *name, mode_t mode)
{
        g_autofree char *path = g_build_filename(root, name, NULL);
        g_autofree char *directory = g_path_get_dirname(path);
        g_assert_true(directory_make(directory, 0755, NULL));
        g_assert_true(file_write_atomically(path, "#!/bin/sh\n", 10, 0644, NULL));
        g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

#define INSIDE "usr/share/lautta/services/web/"

static char *make_tree(Fixture *fixture, const char *name)
{
        char *root = g_build_filename(fixture->directory, name, NULL);
        put(root, INSIDE "service.yaml", 0644);
        put(root, INSIDE "image.caibx", 0644);
        return root;
}

static void expect_refused(Fixture *fixture, const char *path, const char *pattern)
{
        PackageEntry entry = entry_of(fixture);
        g_autoptr(GError) error = NULL;
        g_assert_null(service_package_open(path, &entry, &error));
        g_test_message("%s", error->message);
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        g_assert_true(g_regex_match_simple(pattern, error->message, 0, 0));
}

static void a_package_that_others_made_by_the_rules_is_opened(Fixture *fixture, const void *data)
{
        g_autofree char *root = make_tree(fixture, "good");
        g_autofree char *path = pack(fixture, root, CONTROL "Lautta-Of-Tomorrow: yes\n");
        PackageEntry entry = entry_of(fixture);
        g_autoptr(GError) error = NULL;
        g_autoptr(ServicePackage) package = service_package_open(path, &entry, &error);
        g_assert_no_error(error);
        g_assert_nonnull(package);
}

static void files_that_a_service_does_not_have_are_refused(Fixture *fixture, const void *data)
{
        static const struct {
                const char *name;
                mode_t mode;
                const char *pattern;
        } bad[] = {
                {"DEBIAN/preinst", 0755, "'./preinst' for dpkg"},
                {"DEBIAN/postinst", 0755, "'./postinst' for dpkg"},
                {"DEBIAN/prerm", 0755, "'./prerm' for dpkg"},
                {"DEBIAN/postrm", 0755, "'./postrm' for dpkg"},
                {"DEBIAN/config", 0755, "'./config' for dpkg"},
                {"DEBIAN/triggers", 0644, "'./triggers' for dpkg"},
                {"DEBIAN/conffiles", 0644, "'./conffiles' for dpkg"},
                {"DEBIAN/shlibs", 0644, "'./shlibs' for dpkg"},
                {"etc/cron.d/web", 0644, "a directory '/etc'"},
                {"usr/share/lautta/services/db/service.yaml", 0644, "'/usr/share/lautta/services/db'"},
                {"usr/share/lautta/services/webb/service.yaml", 0644, "'/usr/share/lautta/services/webb'"},
                {INSIDE "run.sh", 0644, "a file '.*/run.sh'"},
                {INSIDE "sub/service.yaml", 0644, "a directory '.*/web/sub'"},
                {INSIDE "kernel.caibx", 04755, "has the mode 4755"},
                {INSIDE "initrd.caibx", 0755, "has the mode 0755"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autofree char *name = g_strdup_printf("bad-%zu", i);
                g_autofree char *root = make_tree(fixture, name);
                put(root, bad[i].name, bad[i].mode);
                if (strcmp(bad[i].name, "DEBIAN/conffiles") == 0) {
                        g_autofree char *conffiles = g_build_filename(root, bad[i].name, NULL);
                        static const char line[] = "/" INSIDE "service.yaml\n";
                        g_assert_true(file_write_atomically(conffiles, line, strlen(line), 0644, NULL));
                }
                if (strcmp(bad[i].name, "DEBIAN/triggers") == 0) {
                        g_autofree char *triggers = g_build_filename(root, bad[i].name, NULL);
                        g_assert_true(file_write_atomically(triggers, "activate x\n", 11, 0644, NULL));
                }
                g_autofree char *path = pack(fixture, root, CONTROL);
                expect_refused(fixture, path, bad[i].pattern);
        }
}

static void fields_that_act_on_other_packages_are_refused(Fixture *fixture, const void *data)
{
        static const char *const bad[] = {
                "Pre-Depends: x", "Conflicts: ifupdown", "Replaces: base-files", "Breaks: apt",
                "Provides: x",    "Essential: yes",      "Protected: yes",       "Important: yes",
                "Recommends: x",  "Suggests: x",         "Enhances: x",          "Multi-Arch: same",
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autofree char *name = g_strdup_printf("bad-%zu", i);
                g_autofree char *root = make_tree(fixture, name);
                g_autofree char *control = g_strdup_printf(CONTROL "%s\n", bad[i]);
                g_autofree char *path = pack(fixture, root, control);
                expect_refused(fixture, path, "it has a field '");
        }
}

static void fields_with_another_value_than_ours_are_refused(Fixture *fixture, const void *data)
{
        static const struct {
                const char *ours, *theirs, *pattern;
        } bad[] = {
                {"Depends: lautta-agent", "Depends: lautta-agent, telnetd",
                 "'Depends' is not 'lautta-agent'"},
                {"Depends: lautta-agent\n", "", "lacks 'Depends'"},
                {"Priority: optional", "Priority: required", "'Priority' is not 'optional'"},
                {"Lautta-Format: 1\n", "", "lacks 'Depends' or 'Lautta-Format'"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autofree char *name = g_strdup_printf("bad-%zu", i);
                g_autofree char *root = make_tree(fixture, name);
                g_auto(GStrv) parts = g_strsplit(CONTROL, bad[i].ours, 2);
                g_autofree char *control = g_strjoinv(bad[i].theirs, parts);
                g_autofree char *path = pack(fixture, root, control);
                expect_refused(fixture, path, bad[i].pattern);
        }
}

static void links_and_missing_parts_inside_are_refused(Fixture *fixture, const void *data)
{
        static const struct {
                const char *gone, *link, *pattern;
        } bad[] = {
                {"service.yaml", NULL, "it has no 'service.yaml'"},
                {"image.caibx", NULL, "it has no 'image.caibx'"},
                {"image.caibx", "/etc/passwd", "image.caibx' is neither a regular file"},
                {"service.yaml", "/etc/passwd", "service.yaml' is neither a regular file"},
                {"", "/etc", "web' is neither a regular file"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autofree char *name = g_strdup_printf("bad-%zu", i);
                g_autofree char *root = make_tree(fixture, name);
                g_autofree char *gone = g_build_filename(root, INSIDE, bad[i].gone, NULL);
                g_autofree char *plain = *bad[i].gone ? g_strdup(gone) : g_strndup(gone, strlen(gone) - 1);
                g_assert_true(directory_remove(plain, NULL));
                if (bad[i].link)
                        g_assert_cmpint(symlink(bad[i].link, plain), ==, 0);
                g_autofree char *path = pack(fixture, root, CONTROL);
                expect_refused(fixture, path, bad[i].pattern);
        }
}

static void hard_links_and_special_files_are_refused(Fixture *fixture, const void *data)
{
        g_autofree char *linked = make_tree(fixture, "linked");
        g_autofree char *index = g_build_filename(linked, INSIDE "image.caibx", NULL);
        g_autofree char *kernel = g_build_filename(linked, INSIDE "kernel.caibx", NULL);
        g_assert_cmpint(link(index, kernel), ==, 0);
        g_autofree char *first = pack(fixture, linked, CONTROL);
        expect_refused(fixture, first, "is neither a regular file nor a directory");
        g_autofree char *piped = make_tree(fixture, "piped");
        g_autofree char *fifo = g_build_filename(piped, INSIDE "kernel.caibx", NULL);
        g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
        g_autofree char *second = pack(fixture, piped, CONTROL);
        expect_refused(fixture, second, "is neither a regular file nor a directory");
}

static void what_a_package_unpacks_to_is_bounded(Fixture *fixture, const void *data)
{
        g_autofree char *root = make_tree(fixture, "bomb");
        g_autofree char *index = g_build_filename(root, INSIDE "image.caibx", NULL);
        g_assert_cmpint(truncate(index, 1LL << 30), ==, 0);
        g_autofree char *path = pack(fixture, root, CONTROL);
        expect_refused(fixture, path, "it unpacks to more than the [0-9]+ bytes allowed");
}

static void a_name_of_any_allowed_length_is_packed_and_opened(Fixture *fixture, const void *data)
{
        g_autofree char *longest = g_strnfill(DEBIAN_NAME_MAX, 'w');
        fixture->content.service = longest;
        g_autoptr(GError) error = NULL;
        g_autofree char *path = build(fixture, "long.deb", &error);
        g_assert_no_error(error);
        PackageEntry entry = entry_of(fixture);
        g_autoptr(ServicePackage) package = service_package_open(path, &entry, &error);
        g_assert_no_error(error);
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
        add("a_name_of_any_allowed_length_is_packed_and_opened",
            a_name_of_any_allowed_length_is_packed_and_opened);
        add("a_package_that_others_made_by_the_rules_is_opened",
            a_package_that_others_made_by_the_rules_is_opened);
        add("files_that_a_service_does_not_have_are_refused", files_that_a_service_does_not_have_are_refused);
        add("fields_that_act_on_other_packages_are_refused", fields_that_act_on_other_packages_are_refused);
        add("fields_with_another_value_than_ours_are_refused",
            fields_with_another_value_than_ours_are_refused);
        add("links_and_missing_parts_inside_are_refused", links_and_missing_parts_inside_are_refused);
        add("hard_links_and_special_files_are_refused", hard_links_and_special_files_are_refused);
        add("what_a_package_unpacks_to_is_bounded", what_a_package_unpacks_to_is_bounded);
        return g_test_run();
}
