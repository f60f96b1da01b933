/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_package.h"

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
#include "service_package_check.h"

/* The date of every file in a package: the bytes of a package depend on its content, not on the clock. */
#define PACKAGE_EPOCH "1577836800"

/* The largest unpacked members of a package. An index takes 40 bytes for each chunk of some ten KiB. */
enum { CONTROL_MAX_BYTES = 256 * 1024, DATA_MAX_BYTES = 3 * INDEX_MAX_BYTES + 1024 * 1024 };

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

/* Returns the size of the files in KiB, each rounded up, as Debian Policy 5.6.20 requires. */
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

/* Returns "" for a service without needs: its package is the same as before Lautta had this field. */
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
        /* The mode becomes part of the package, so it must not depend on the umask. */
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

/* Make the directory and its parents, with modes that do not depend on the umask: they become part of the
 * package. */
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

/* Unpack a member of the package `path` to the new file `tar`, as far as `max_bytes`. */
static bool unpack_member(const char *path, const char *member, const char *tar, size_t max_bytes,
                          GError **error)
{
        g_autofree char *limit = g_strdup_printf("--fsize=%zu", max_bytes);
        const char *const argv[] = {"prlimit", limit, "dpkg-deb", member, path, NULL};
        Process dpkg_deb = {.argv = argv, .output_file = tar};
        g_autoptr(GError) why = NULL;
        struct stat st;
        if (process_run(&dpkg_deb, NULL, NULL, &why))
                return true;
        if (stat(tar, &st) == 0 && (size_t)st.st_size >= max_bytes)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it unpacks to more than the %zu bytes allowed",
                            max_bytes);
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

/* Returns: owned bytes of a member, in the file `name` of the package's directory. */
static GBytes *map_member(const ServicePackage *package, const char *path, const char *member,
                          const char *name, size_t max_bytes, GError **error)
{
        g_autofree char *tar = g_build_filename(package->directory, name, NULL);
        return unpack_member(path, member, tar, max_bytes, error) ? file_map(tar, max_bytes, error) : NULL;
}

/* Write an index to a file in the package's directory; `path` stays NULL for an absent index. */
static bool place_index(const ServicePackage *package, const char *name, Span content, char **path,
                        GError **error)
{
        if (!content.text)
                return true;
        *path = g_build_filename(package->directory, name, NULL);
        return file_write_atomically(*path, content.text, content.size, 0600, error);
}

static bool take_parts(ServicePackage *package, GBytes *data, const char *service, GError **error)
{
        ServicePackageParts parts = {0};
        if (!service_package_check_data(data, service, &parts, error))
                return false;
        package->description = g_bytes_new(parts.description.text, parts.description.size);
        return place_index(package, "image.caibx", parts.image_index, &package->image_index, error) &&
               place_index(package, "kernel.caibx", parts.kernel_index, &package->kernel_index, error) &&
               place_index(package, "initrd.caibx", parts.initrd_index, &package->initrd_index, error);
}

static bool open_members(ServicePackage *package, const char *path, const PackageEntry *entry, GError **error)
{
        g_autoptr(GBytes) control =
                map_member(package, path, "--ctrl-tarfile", "control.tar", CONTROL_MAX_BYTES, error);
        if (!control || !service_package_check_control(control, entry, error))
                return false;
        g_autoptr(GBytes) data =
                map_member(package, path, "--fsys-tarfile", "data.tar", DATA_MAX_BYTES, error);
        g_autofree char *tar = g_build_filename(package->directory, "data.tar", NULL);
        bool good = data && take_parts(package, data, entry->service, error);
        unlink(tar);
        return good;
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
        if (open_members(package, path, entry, error))
                return g_steal_pointer(&package);
        g_prefix_error(error, "service package '%s': ", entry->filename);
        return NULL;
}

/* Refuse a package that no host would accept. */
static bool check_built(const ServicePackageContent *content, const char *path, GError **error)
{
        PackageEntry entry = {.service = (char *)content->service,
                              .version = (char *)content->version,
                              .architecture = (char *)content->architecture,
                              .filename = (char *)path,
                              .format = PACKAGES_FORMAT};
        g_autoptr(ServicePackage) package = service_package_open(path, &entry, error);
        if (!package)
                unlink(path);
        return package != NULL;
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
        return fill_tree(content, root, error) && run_dpkg_deb(root, path, error) &&
               check_built(content, path, error);
}
