/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_package.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debversion.h"
#include "description.h"
#include "deb822.h"
#include "errors.h"
#include "files.h"
#include "index.h"
#include "process.h"

/* Every file in a package has this date: what it holds decides its bytes, not when it was made. */
#define PACKAGE_EPOCH "1577836800"

enum { CONTROL_MAX_BYTES = 64 * 1024 };

static bool check_line(const char *what, const char *text, GError **error)
{
        bool good = g_utf8_validate(text, -1, NULL);
        for (const char *p = text; good && *p; p++)
                good = (unsigned char)*p >= ' ' && *p != 127;
        return good || fail(error, LAUTTA_ERROR_USAGE, "the %s is not one line of plain text", what);
}

static bool check_content(const ServicePackageContent *content, GError **error)
{
        if (!debian_name_is_valid(content->service))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a service name", content->service);
        if (!debian_version_is_valid(content->version))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a version", content->version);
        if (!architecture_is_valid(content->architecture))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not an architecture", content->architecture);
        if (content->needs && g_strv_length(content->needs) > NEEDS_MAX)
                return fail(error, LAUTTA_ERROR_USAGE, "it needs more than %d services", NEEDS_MAX);
        for (char **name = content->needs; name && *name; name++)
                if (!debian_name_is_valid(*name))
                        return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a service name", *name);
        return check_line("summary", content->summary, error) &&
               check_line("origin", content->maintainer, error);
}

/* What the files take in KiB, each rounded up, as Policy 5.6.20 wants it. */
static uint64_t installed_kib(const ServicePackageContent *content)
{
        const char *const paths[] = {content->image_index, content->kernel_index, content->initrd_index};
        uint64_t kib = g_bytes_get_size(content->description) / 1024 + 1;
        for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
                struct stat st;
                if (paths[i] && stat(paths[i], &st) == 0)
                        kib += (uint64_t)st.st_size / 1024 + 1;
        }
        return kib;
}

/* Only where it needs something: the package of a service that does not is the same as before this field. */
static char *format_needs(const ServicePackageContent *content)
{
        if (!content->needs || !*content->needs)
                return g_strdup("");
        g_autofree char *names = g_strjoinv(", ", content->needs);
        return g_strdup_printf("Lautta-Needs: %s\n", names);
}

static char *format_control(const ServicePackageContent *content)
{
        g_autofree char *maintainer = g_strdup(content->maintainer);
        g_autofree char *needs = format_needs(content);
        g_strdelimit(maintainer, "<>", ' ');
        return g_strdup_printf(
                "Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: %s <lautta@localhost>\n"
                "Installed-Size: %" G_GUINT64_FORMAT
                "\nSection: misc\nPriority: optional\nDepends: lautta-agent\n"
                "Lautta-Format: 1\nLautta-Image-Size: %" G_GUINT64_FORMAT "\n%s"
                "Description: %s\n",
                content->service, content->version, content->architecture,
                *g_strstrip(maintainer) ? maintainer : "Lautta", installed_kib(content), content->image_bytes,
                needs, *content->summary ? content->summary : content->service);
}

static bool write_file(const char *directory, const char *name, const void *data, size_t size, GError **error)
{
        g_autofree char *path = g_build_filename(directory, name, NULL);
        if (!file_write_atomically(path, data, size, 0644, error))
                return false;
        /* The mode ends up in the package, the umask must not. */
        return chmod(path, 0644) == 0 || fail_errno(error, "cannot set the mode of '%s'", path);
}

static bool copy_index(const char *from, const char *directory, const char *name, GError **error)
{
        if (!from)
                return true;
        g_autoptr(GBytes) bytes = file_map(from, INDEX_MAX_BYTES, error);
        return bytes &&
               write_file(directory, name, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
}

/* mkdir -p with modes that do not depend on the umask, since they end up in the package. */
static bool make_tree(const char *root, const char *path, GError **error)
{
        g_autofree char *full = g_build_filename(root, path, NULL);
        if (!directory_make(full, 0755, error))
                return false;
        for (g_autofree char *place = g_strdup(full); strlen(place) >= strlen(root);) {
                if (chmod(place, 0755) != 0)
                        return fail_errno(error, "cannot set the mode of '%s'", place);
                char *parent = g_path_get_dirname(place);
                g_free(place);
                place = parent;
        }
        return true;
}

static bool fill_tree(const ServicePackageContent *content, const char *root, GError **error)
{
        g_autofree char *control = format_control(content);
        g_autofree char *inside = g_build_filename("usr/share/lautta/services", content->service, NULL);
        g_autofree char *directory = g_build_filename(root, inside, NULL);
        g_autofree char *debian = g_build_filename(root, "DEBIAN", NULL);
        return make_tree(root, "DEBIAN", error) && make_tree(root, inside, error) &&
               write_file(debian, "control", control, strlen(control), error) &&
               write_file(directory, "service.yaml", g_bytes_get_data(content->description, NULL),
                          g_bytes_get_size(content->description), error) &&
               copy_index(content->image_index, directory, "image.caibx", error) &&
               copy_index(content->kernel_index, directory, "kernel.caibx", error) &&
               copy_index(content->initrd_index, directory, "initrd.caibx", error);
}

static bool run_dpkg_deb(const char *root, const char *path, GError **error)
{
        const char *const argv[] = {"dpkg-deb",
                                    "--root-owner-group",
                                    "--threads-max=1",
                                    "--uniform-compression",
                                    "-Zzstd",
                                    "-z9",
                                    "--build",
                                    root,
                                    path,
                                    NULL};
        const char *const env[] = {"SOURCE_DATE_EPOCH=" PACKAGE_EPOCH, NULL};
        Process dpkg_deb = {.argv = argv, .env = env};
        return process_run(&dpkg_deb, NULL, NULL, error);
}

bool service_package_build(const ServicePackageContent *content, const char *work, const char *path,
                           GError **error)
{
        if (!check_content(content, error))
                return false;
        struct stat st;
        if (lstat(path, &st) == 0)
                return fail(error, LAUTTA_ERROR_CONFLICT, "'%s' exists already", path);
        g_autotempdir root = g_build_filename(work, "package-XXXXXX", NULL);
        if (!g_mkdtemp_full(root, 0755))
                return fail_errno(error, "cannot make a directory '%s'", root);
        return fill_tree(content, root, error) && run_dpkg_deb(root, path, error);
}

void service_package_free(ServicePackage *package)
{
        if (!package)
                return;
        g_clear_pointer(&package->description, g_bytes_unref);
        g_free(package->image_index);
        g_free(package->kernel_index);
        g_free(package->initrd_index);
        directory_remove_auto(&package->directory);
        g_free(package);
}

/* The fields that say what a package is, as dpkg-deb prints them. */
static bool check_names(const char *path, const PackageEntry *entry, GError **error)
{
        const char *const argv[] = {
                "dpkg-deb", "--show", "--showformat", "${Package} ${Version} ${Architecture}", path, NULL};
        Process dpkg_deb = {.argv = argv, .max_output_bytes = CONTROL_MAX_BYTES};
        g_autoptr(GBytes) output = NULL;
        if (!process_run(&dpkg_deb, &output, NULL, error))
                return false;
        g_autofree char *says = span_dup(span_of(output));
        g_autofree char *expected =
                g_strdup_printf("%s %s %s", entry->service, entry->version, entry->architecture);
        if (strcmp(says, expected) == 0)
                return true;
        return fail(error, LAUTTA_ERROR_CORRUPT, "it is '%s', not '%s'", says, expected);
}

/* Finds one file in the unpacked tree; `path` stays NULL where an optional one is absent. */
static bool find_file(const char *directory, const char *name, int max_bytes, bool required, char **path,
                      GError **error)
{
        g_autofree char *full = g_build_filename(directory, name, NULL);
        struct stat st;
        if (lstat(full, &st) != 0)
                return (!required && errno == ENOENT) ||
                       fail(error, LAUTTA_ERROR_CORRUPT, "it has no '%s'", name);
        if (!S_ISREG(st.st_mode) || st.st_size > max_bytes)
                return fail(error, LAUTTA_ERROR_CORRUPT, "its '%s' is no regular file of at most %d bytes",
                            name, max_bytes);
        *path = g_steal_pointer(&full);
        return true;
}

/* A symlink on the way could lead out of the private directory. */
static bool check_directories(const char *root, const char *const *parts, char **directory, GError **error)
{
        g_autofree char *path = g_strdup(root);
        for (; *parts; parts++) {
                char *next = g_build_filename(path, *parts, NULL);
                g_free(path);
                path = next;
                struct stat st;
                if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode))
                        return fail(error, LAUTTA_ERROR_CORRUPT, "it has no directory '%s'",
                                    path + strlen(root));
        }
        *directory = g_steal_pointer(&path);
        return true;
}

static bool find_parts(ServicePackage *package, const PackageEntry *entry, GError **error)
{
        const char *const parts[] = {"usr", "share", "lautta", "services", entry->service, NULL};
        g_autofree char *directory = NULL;
        if (!check_directories(package->directory, parts, &directory, error))
                return false;
        const int max_bytes = INDEX_MAX_BYTES;
        g_autofree char *description = NULL;
        if (!find_file(directory, "service.yaml", DESCRIPTION_MAX_BYTES, true, &description, error) ||
            !find_file(directory, "image.caibx", max_bytes, true, &package->image_index, error) ||
            !find_file(directory, "kernel.caibx", max_bytes, false, &package->kernel_index, error) ||
            !find_file(directory, "initrd.caibx", max_bytes, false, &package->initrd_index, error))
                return false;
        package->description = file_read(description, DESCRIPTION_MAX_BYTES, error);
        return package->description != NULL;
}

ServicePackage *service_package_open(const char *path, const PackageEntry *entry, GError **error)
{
        if (entry->format != PACKAGES_FORMAT) {
                fail(error, LAUTTA_ERROR_CORRUPT, "service package of format %u: this needs a newer Lautta",
                     entry->format);
                return NULL;
        }
        g_autoptr(ServicePackage) package = g_new0(ServicePackage, 1);
        package->directory = directory_make_temporary(error);
        if (!package->directory)
                return NULL;
        const char *const argv[] = {"dpkg-deb", "--extract", path, package->directory, NULL};
        Process dpkg_deb = {.argv = argv};
        if (check_names(path, entry, error) && process_run(&dpkg_deb, NULL, NULL, error) &&
            find_parts(package, entry, error))
                return g_steal_pointer(&package);
        g_prefix_error(error, "service package '%s': ", entry->filename);
        return NULL;
}
