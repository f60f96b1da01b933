/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of store.h that lists the versions here, and removes images. */
#include <string.h>
#include <sys/stat.h>

#include "debversion.h"
#include "errors.h"
#include "files.h"
#include "paths.h"
#include "store.h"

static void kept_free(void *data)
{
        StoreKept *kept = data;
        g_free(kept->service);
        g_free(kept->version);
        g_free(kept);
}

/* The same version may be added several times. */
static void add(GPtrArray *all, const char *service, const char *version, uint64_t disk_bytes)
{
        if (!debian_name_is_valid(service) || !debian_version_is_valid(version))
                return;
        StoreKept *kept = g_new0(StoreKept, 1);
        kept->service = g_strdup(service);
        kept->version = g_strdup(version);
        kept->disk_bytes = disk_bytes;
        g_ptr_array_add(all, kept);
}

/* Adds the version of the file `path`, whose name is `name`. */
typedef void (*Visit)(GPtrArray *all, const char *path, const char *name);

static bool visit_all(GPtrArray *all, const char *directory, Visit visit, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(GDir) dir = g_dir_open(directory, 0, &why);
        if (!dir)
                return g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
                       fail(error, LAUTTA_ERROR_SYSTEM, "%s", why->message);
        for (const char *name; (name = g_dir_read_name(dir));) {
                g_autofree char *path = g_build_filename(directory, name, NULL);
                visit(all, path, name);
        }
        return true;
}

static uint64_t allocated_bytes(const char *path)
{
        struct stat st;
        return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_blocks * 512 : 0;
}

/* Split the name of images/NAME_VERSION.raw, or of a file next to it (NAME_VERSION.raw.kernel, .raw.partial),
 * into an owned name and version. False if the file has no such name. */
static bool split_image_name(const char *name, char **service, char **version)
{
        const char *separator = strchr(name, '_');
        const char *end = g_strrstr(name, ".raw");
        if (!separator || !end || end < separator)
                return false;
        *service = g_strndup(name, (size_t)(separator - name));
        *version = g_strndup(separator + 1, (size_t)(end - separator - 1));
        return true;
}

static void visit_image(GPtrArray *all, const char *path, const char *name)
{
        g_autofree char *service = NULL;
        g_autofree char *version = NULL;
        if (split_image_name(name, &service, &version))
                add(all, service, version, allocated_bytes(path));
}

bool store_remove_image(const Store *store, const char *service, const char *version, GError **error)
{
        g_autofree char *directory = paths_images(store_directory(store));
        g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                g_autofree char *its_service = NULL;
                g_autofree char *its_version = NULL;
                g_autofree char *path = g_build_filename(directory, name, NULL);
                if (split_image_name(name, &its_service, &its_version) && strcmp(its_service, service) == 0 &&
                    strcmp(its_version, version) == 0 && !directory_remove(path, error))
                        return false;
        }
        return true;
}

/* roots/NAME_VERSION/ */
static void visit_root(GPtrArray *all, const char *path, const char *name)
{
        g_auto(GStrv) parts = g_strsplit(name, "_", 2);
        if (parts[0] && parts[1])
                add(all, parts[0], parts[1], 0);
}

/* services/NAME/VERSION/, and VERSION,new/ that a killed store_put() left. */
static void visit_service(GPtrArray *all, const char *path, const char *name)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        for (const char *version; dir && (version = g_dir_read_name(dir));) {
                bool half = g_str_has_suffix(version, STORE_TEMPORARY_END);
                g_autofree char *number =
                        g_strndup(version, strlen(version) - (half ? strlen(STORE_TEMPORARY_END) : 0));
                add(all, name, number, 0);
        }
}

/* Versions that sort alike may be written in two ways. */
static int compare_kept(const void *a, const void *b)
{
        const StoreKept *one = *(StoreKept *const *)a, *other = *(StoreKept *const *)b;
        int order = strcmp(one->service, other->service);
        if (order == 0)
                order = debian_version_compare(one->version, other->version);
        return order ? order : strcmp(one->version, other->version);
}

/* Sort, and keep each version once. */
static void merge(GPtrArray *all)
{
        guint count = 0;
        g_ptr_array_sort(all, compare_kept);
        for (guint i = 0; i < all->len; i++) {
                StoreKept *kept = all->pdata[i];
                StoreKept *last = count ? all->pdata[count - 1] : NULL;
                if (last && compare_kept(&last, &kept) == 0) {
                        last->disk_bytes += kept->disk_bytes;
                        kept_free(kept);
                } else {
                        all->pdata[count++] = kept;
                }
        }
        all->len = count;
}

GPtrArray *store_list(const Store *store, GError **error)
{
        static const struct {
                char *(*path)(const char *state);
                Visit visit;
        } places[] = {
                {paths_images, visit_image}, {paths_roots, visit_root}, {paths_services, visit_service}};
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(kept_free);
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
                g_autofree char *path = places[i].path(store_directory(store));
                if (!visit_all(all, path, places[i].visit, error))
                        return NULL;
        }
        merge(all);
        return g_steal_pointer(&all);
}
