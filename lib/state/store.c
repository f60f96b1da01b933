/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store.h"

#include <string.h>
#include <sys/stat.h>

#include "debversion.h"
#include "errors.h"
#include "files.h"
#include "index.h"
#include "paths.h"
#include "record.h"

struct Store {
        char *directory; /* the state directory */
        GMutex lock;
        GHashTable *loaded; /* "NAME_VERSION" to Stored */
};

Store *store_new(const char *state_directory)
{
        Store *store = g_new0(Store, 1);
        store->directory = g_strdup(state_directory);
        g_mutex_init(&store->lock);
        store->loaded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)stored_unref);
        return store;
}

void store_free(Store *store)
{
        if (!store)
                return;
        g_hash_table_unref(store->loaded);
        g_mutex_clear(&store->lock);
        g_free(store->directory);
        g_free(store);
}

const char *store_directory(const Store *store)
{
        return store->directory;
}

static void stored_clear(void *data)
{
        Stored *stored = data;
        description_free(stored->description);
}

void stored_unref(Stored *stored)
{
        if (stored)
                g_atomic_rc_box_release_full(stored, stored_clear);
}

static char *join(const char *service, const char *version)
{
        return g_strconcat(service, "_", version, NULL);
}

static char *version_directory(const Store *store, const char *service, const char *version)
{
        return paths_version(store->directory, service, version);
}

/* Returns: owned path of a version until it is whole. */
static char *temporary_directory(const Store *store, const char *service, const char *version)
{
        g_autofree char *directory = version_directory(store, service, version);
        return g_strconcat(directory, STORE_TEMPORARY_END, NULL);
}

static bool read_record(Stored *stored, const char *directory, GError **error)
{
        g_autofree char *path = g_build_filename(directory, "package", NULL);
        g_autoptr(json_t) record = record_read(path, error);
        if (!record)
                return false;
        const char *sha256 = NULL;
        json_int_t data_bytes = 0;
        if (json_unpack(record, "{s:s, s:I}", "sha256", &sha256, "data_bytes", &data_bytes) ||
            !digest_from_hex(sha256, stored->sha256) || data_bytes < 0)
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' does not say which package it is", path);
        stored->data_bytes = (uint64_t)data_bytes;
        return true;
}

static bool is_of(const ServiceDescription *description, const char *service, const char *version,
                  GError **error)
{
        if (strcmp(description->service, service) == 0 && strcmp(description->version, version) == 0)
                return true;
        return fail(error, LAUTTA_ERROR_CORRUPT, "the description is that of '%s' %s, not of '%s' %s",
                    description->service, description->version, service, version);
}

static Stored *read_stored(const Store *store, const char *service, const char *version, GError **error)
{
        g_autofree char *directory = version_directory(store, service, version);
        g_autofree char *path = g_build_filename(directory, "service.yaml", NULL);
        g_autoptr(Stored) stored = g_atomic_rc_box_new0(Stored);
        if (!read_record(stored, directory, error))
                return NULL;
        stored->description = description_load(path, error);
        if (!stored->description || !is_of(stored->description, service, version, error))
                return NULL;
        return g_steal_pointer(&stored);
}

Stored *store_load(Store *store, const char *service, const char *version, GError **error)
{
        g_autofree char *key = join(service, version);
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->lock);
        Stored *stored = g_hash_table_lookup(store->loaded, key);
        if (!stored) {
                stored = read_stored(store, service, version, error);
                if (!stored)
                        return NULL;
                g_hash_table_insert(store->loaded, g_steal_pointer(&key), stored);
        }
        return g_atomic_rc_box_acquire(stored);
}

static void forget_loaded(Store *store, const char *service, const char *version)
{
        g_autofree char *key = join(service, version);
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->lock);
        g_hash_table_remove(store->loaded, key);
}

/* Copy an index, and add the size of its data to `data_bytes`. */
static bool put_index(const char *from, const char *directory, const char *name, uint64_t *data_bytes,
                      GError **error)
{
        if (!from)
                return true;
        g_autoptr(Index) index = index_load(from, error);
        if (!index)
                return false;
        for (size_t i = 0; i < index_count(index); i++)
                if (!index_is_zero(index, i))
                        *data_bytes += index_length(index, i);
        g_autofree char *path = g_build_filename(directory, name, NULL);
        GBytes *bytes = index_bytes(index);
        return file_write_atomically(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), 0644,
                                     error);
}

static bool put_files(const PackageEntry *entry, const ServicePackage *package, const char *directory,
                      GError **error)
{
        uint64_t data_bytes = 0;
        g_autofree char *path = g_build_filename(directory, "service.yaml", NULL);
        g_autofree char *record_path = g_build_filename(directory, "package", NULL);
        g_autofree char *sha256 = digest_to_hex(entry->sha256);
        if (!directory_make(directory, 0755, error) ||
            !file_write_atomically(path, g_bytes_get_data(package->description, NULL),
                                   g_bytes_get_size(package->description), 0644, error) ||
            !put_index(package->image_index, directory, "image.caibx", &data_bytes, error) ||
            !put_index(package->kernel_index, directory, "kernel.caibx", &data_bytes, error) ||
            !put_index(package->initrd_index, directory, "initrd.caibx", &data_bytes, error))
                return false;
        g_autoptr(json_t) record =
                json_pack("{s:s, s:I}", "sha256", sha256, "data_bytes", (json_int_t)data_bytes);
        return record_write(record_path, record, error);
}

static bool check_description(const PackageEntry *entry, const ServicePackage *package, GError **error)
{
        g_autofree char *name = g_strdup_printf("%s %s: service.yaml", entry->service, entry->version);
        g_autoptr(GError) why = NULL;
        g_autoptr(ServiceDescription) description = description_parse(package->description, name, "/", &why);
        if (!description)
                return fail(error, LAUTTA_ERROR_CORRUPT, "%s", why->message);
        return is_of(description, entry->service, entry->version, error);
}

/* A directory cannot be replaced in one step. One without its record is not whole, and is made again. */
bool store_put(Store *store, const PackageEntry *entry, const ServicePackage *package, GError **error)
{
        g_autofree char *directory = version_directory(store, entry->service, entry->version);
        g_autofree char *temporary = temporary_directory(store, entry->service, entry->version);
        if (!check_description(entry, package, error) || !directory_remove(temporary, error) ||
            !put_files(entry, package, temporary, error))
                return false;
        forget_loaded(store, entry->service, entry->version);
        if (!directory_remove(directory, error))
                return false;
        if (g_rename(temporary, directory) != 0)
                return fail_errno(error, "cannot rename '%s'", temporary);
        return directory_sync_parent(directory, error);
}

char *store_image(const Store *store, const char *service, const char *version)
{
        return paths_image(store->directory, service, version);
}

bool store_is_fetched(const Store *store, const char *service, const char *version)
{
        g_autofree char *image = store_image(store, service, version);
        return g_file_test(image, G_FILE_TEST_IS_REGULAR);
}

static bool remove_console(const Store *store, const char *service, const char *version, GError **error)
{
        g_autofree char *path = paths_console(store->directory, service, version);
        return directory_remove(path, error);
}

bool store_remove(Store *store, const char *service, const char *version, GError **error)
{
        g_autofree char *directory = version_directory(store, service, version);
        g_autofree char *temporary = temporary_directory(store, service, version);
        g_autofree char *parent = g_path_get_dirname(directory);
        forget_loaded(store, service, version);
        if (!store_remove_image(store, service, version, error) ||
            !remove_console(store, service, version, error) || !directory_remove(temporary, error) ||
            !directory_remove(directory, error))
                return false;
        g_rmdir(parent); /* fails while there are other versions */
        return true;
}
