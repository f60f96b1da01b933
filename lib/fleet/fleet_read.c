/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_read.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "files.h"
#include "settings.h"

static const char *const pkgsync_names[] = {"musthave", "mayhave", "maynothave", "host-key", NULL};

static bool is_passed_over(const char *name)
{
        return *name == '.' || g_str_has_prefix(name, "README") || g_str_has_suffix(name, "~");
}

static bool add_file(const char *directory, const char *path, GPtrArray *files, GError **error)
{
        g_autofree char *full = g_build_filename(directory, path, NULL);
        if (files->len >= FLEET_FILES_MAX)
                return fail(error, LAUTTA_ERROR_USAGE, "there are more than %d files", FLEET_FILES_MAX);
        g_autoptr(GBytes) content = file_read(full, FLEET_FILE_MAX_BYTES, error);
        if (content)
                g_ptr_array_add(files, fleet_file_new(path, content));
        return content != NULL;
}

/* Add the files in `path` (relative to `directory`) and, if `may_nest`, in its directories. */
static bool add_directory(const char *directory, const char *path, bool may_nest, GPtrArray *files,
                          GError **error)
{
        g_autofree char *full = g_build_filename(directory, path, NULL);
        errno = 0;
        g_autoptr(GDir) entries = g_dir_open(full, 0, NULL);
        if (!entries)
                return errno == ENOENT || fail_errno(error, "cannot read directory '%s'", full);
        const char *name = NULL;
        while ((name = g_dir_read_name(entries))) {
                if (is_passed_over(name))
                        continue;
                g_autofree char *inner = g_build_filename(path, name, NULL);
                g_autofree char *inner_full = g_build_filename(full, name, NULL);
                if (!g_utf8_validate(name, -1, NULL))
                        return fail(error, LAUTTA_ERROR_USAGE, "'%s': a file's name in it is not text", full);
                bool is_directory = may_nest && g_file_test(inner_full, G_FILE_TEST_IS_DIR);
                if (!(is_directory ? add_directory(directory, inner, false, files, error)
                                   : add_file(directory, inner, files, error)))
                        return false;
        }
        return true;
}

static const char *type_name(mode_t mode)
{
        return S_ISLNK(mode) ? "a symbolic link" : S_ISDIR(mode) ? "a directory" : "no regular file";
}

/* Add the files of settings/NODE/SERVICE/. They become public, so links are refused: their target may be
 * private. */
static bool add_settings(const char *directory, const char *path, unsigned levels, GPtrArray *files,
                         GError **error)
{
        g_autofree char *full = g_build_filename(directory, path, NULL);
        errno = 0;
        g_autoptr(GDir) entries = g_dir_open(full, 0, NULL);
        if (!entries)
                return (errno == ENOENT && levels == 2) ||
                       fail_errno(error, "cannot read directory '%s'", full);
        const char *name = NULL;
        while ((name = g_dir_read_name(entries))) {
                struct stat status;
                g_autofree char *inner = g_build_filename(path, name, NULL);
                g_autofree char *inner_full = g_build_filename(full, name, NULL);
                if (is_passed_over(name))
                        continue;
                if (!g_utf8_validate(name, -1, NULL))
                        return fail(error, LAUTTA_ERROR_USAGE, "'%s': a file's name in it is not text", full);
                if (lstat(inner_full, &status) != 0)
                        return fail_errno(error, "cannot look at '%s'", inner_full);
                if (levels > 0 ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode))
                        return fail(
                                error, LAUTTA_ERROR_USAGE, "%s: it is %s, where only %s may be", inner,
                                levels > 0 && S_ISREG(status.st_mode) ? "a file" : type_name(status.st_mode),
                                levels > 0 ? "directories" : "files");
                if (!(levels > 0 ? add_settings(directory, inner, levels - 1, files, error)
                                 : add_file(directory, inner, files, error)))
                        return false;
        }
        return true;
}

static int compare_files(const void *a, const void *b)
{
        const FleetFile *const *left = a, *const *right = b;
        return strcmp((*left)->path, (*right)->path);
}

static bool has(const char *directory, const char *name)
{
        g_autofree char *path = g_build_filename(directory, name, NULL);
        return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static bool read_single(const char *directory, GPtrArray *files, GError **error)
{
        if (has(directory, "hosts"))
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "there are both hosts/ and pkgsync's files: move the latter into hosts/NAME/ or groups/NAME/");
        for (const char *const *name = pkgsync_names; *name; name++)
                if (has(directory, *name) && !add_file(directory, *name, files, error))
                        return false;
        return true;
}

GPtrArray *fleet_read(const char *directory, bool *is_single, GError **error)
{
        g_autoptr(GPtrArray) files = fleet_files_new();
        if (!g_file_test(directory, G_FILE_TEST_IS_DIR)) {
                fail(error, LAUTTA_ERROR_NOT_FOUND, "there is no such directory");
                return NULL;
        }
        *is_single = has(directory, "musthave") || has(directory, "mayhave") || has(directory, "maynothave");
        bool good = *is_single ? read_single(directory, files, error)
                               : add_directory(directory, "services", false, files, error) &&
                                         add_directory(directory, "groups", true, files, error) &&
                                         add_directory(directory, "hosts", true, files, error) &&
                                         add_settings(directory, SETTINGS_DIRECTORY, 2, files, error);
        if (!good)
                return NULL;
        g_ptr_array_sort(files, compare_files);
        return g_steal_pointer(&files);
}

static Fleet *parse(const char *directory, const GPtrArray *files, bool is_single, const char *host,
                    const char *key, GError **error)
{
        if (!is_single && (host || key)) {
                fail(error, LAUTTA_ERROR_USAGE,
                     "a host and its key can be given for a directory of pkgsync's files alone");
                return NULL;
        }
        g_autofree char *path = g_canonicalize_filename(directory, NULL);
        g_autofree char *name = g_path_get_basename(path);
        const FleetSingle single = {host ? host : name, key};
        return fleet_parse(files, is_single ? &single : NULL, error);
}

Fleet *fleet_load(const char *directory, const char *host, const char *key, GError **error)
{
        bool is_single = false;
        g_autoptr(GPtrArray) files = fleet_read(directory, &is_single, error);
        Fleet *fleet = files ? parse(directory, files, is_single, host, key, error) : NULL;
        if (!fleet)
                g_prefix_error(error, "fleet '%s': ", directory);
        return fleet;
}
