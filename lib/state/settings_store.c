/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings_store.h"

#include <errno.h>
#include <string.h>

#include "errors.h"
#include "files.h"
#include "paths.h"
#include "remote.h"
#include "settings.h"

#define DIRECTORY_END ".files"

/* The file is DIGEST, the directory DIGEST.files. */
static char *path_of(const SettingsStore *store, const char *service, const char *digest, const char *end)
{
        g_autofree char *name = g_strconcat(digest, end, NULL);
        g_autofree char *directory = paths_settings(store->state_directory, service);
        return g_build_filename(directory, name, NULL);
}

static Settings *open_text(const SettingsStore *store, const char *service, const char *digest, GBytes *text,
                           const char *name, GError **error)
{
        uint8_t sha256[DIGEST_BYTES];
        if (!digest_from_hex(digest, sha256)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a digest", digest);
                return NULL;
        }
        return settings_open(text, sha256, store->host, service, name, error);
}

static Settings *read_kept(const SettingsStore *store, const char *service, const char *digest,
                           GError **error)
{
        g_autofree char *path = path_of(store, service, digest, "");
        g_autoptr(GBytes) text = file_read(path, SETTINGS_TEXT_MAX_BYTES, error);
        return text ? open_text(store, service, digest, text, path, error) : NULL;
}

bool settings_store_has(const SettingsStore *store, const char *service, const char *digest)
{
        g_autoptr(Settings) settings = read_kept(store, service, digest, NULL);
        return settings != NULL;
}

/* --- fetched */

static GBytes *read_from(const SettingsStore *store, const char *place, const char *service,
                         const char *digest, GError **error)
{
        const RemoteOptions options = {.retries = 1, .ca_file = store->ca_file};
        g_autofree char *path = g_build_filename(SETTINGS_DIRECTORY, digest, NULL);
        g_autofree char *name = g_build_filename(place, path, NULL);
        g_autoptr(Remote) remote = remote_open(place, &options, error);
        g_autoptr(GBytes) text = remote ? remote_read(remote, path, SETTINGS_TEXT_MAX_BYTES, error) : NULL;
        g_autoptr(Settings) settings = text ? open_text(store, service, digest, text, name, error) : NULL;
        return settings ? g_steal_pointer(&text) : NULL;
}

static bool is_other(const GError *why)
{
        return error_is(why, LAUTTA_ERROR_UNTRUSTED) || error_is(why, LAUTTA_ERROR_CORRUPT);
}

static GBytes *fetch(const SettingsStore *store, const char *const *places, const char *service,
                     const char *digest, GError **error)
{
        g_autoptr(GString) reasons = g_string_new(NULL);
        LauttaErrorCode code = LAUTTA_ERROR_TRY_AGAIN;
        for (const char *const *place = places; *place; place++) {
                g_autoptr(GError) why = NULL;
                GBytes *text = read_from(store, *place, service, digest, &why);
                if (text)
                        return text;
                if (is_other(why))
                        code = LAUTTA_ERROR_UNTRUSTED;
                g_string_append_printf(reasons, "; %s", why->message);
        }
        fail(error, code, "the settings that the list names for '%s' are not available yet%s", service,
             reasons->str);
        return NULL;
}

bool settings_store_take(const SettingsStore *store, const char *const *places, const char *service,
                         const char *digest, bool only_look, GError **error)
{
        if (settings_store_has(store, service, digest))
                return true;
        g_autoptr(GBytes) text = fetch(store, places, service, digest, error);
        if (!text || only_look)
                return text != NULL;
        g_autofree char *path = path_of(store, service, digest, "");
        g_autofree char *directory = g_path_get_dirname(path);
        return directory_make(directory, 0700, error) &&
               file_write_atomically(path, g_bytes_get_data(text, NULL), g_bytes_get_size(text), 0600, error);
}

/* --- unpacked */

static bool is_unpacked(const Settings *settings, const char *directory)
{
        guint count = 0;
        g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
        while (entries && g_dir_read_name(entries))
                count++;
        for (guint i = 0; i < settings->files->len; i++) {
                const SettingsFile *file = settings->files->pdata[i];
                g_autofree char *path = g_build_filename(directory, file->name, NULL);
                g_autoptr(GBytes) there = file_read(path, SETTINGS_FILE_MAX_BYTES, NULL);
                if (!there || !g_bytes_equal(there, file->content))
                        return false;
        }
        return count == settings->files->len;
}

static bool write_files(const Settings *settings, const char *directory, GError **error)
{
        if (!directory_remove(directory, error) || !directory_make(directory, 0700, error))
                return false;
        for (guint i = 0; i < settings->files->len; i++) {
                const SettingsFile *file = settings->files->pdata[i];
                g_autofree char *path = g_build_filename(directory, file->name, NULL);
                if (!file_write_atomically(path, g_bytes_get_data(file->content, NULL),
                                           g_bytes_get_size(file->content), 0600, error))
                        return false;
        }
        return true;
}

/* The directory gets its name only when it is whole. */
static bool unpack(const Settings *settings, const char *directory, GError **error)
{
        g_autofree char *temporary = g_strconcat(directory, ".new", NULL);
        if (!write_files(settings, temporary, error) || !directory_remove(directory, error))
                return false;
        if (g_rename(temporary, directory) != 0)
                return fail_errno(error, "cannot rename '%s'", temporary);
        return directory_sync_parent(directory, error);
}

char *settings_store_unpack(const SettingsStore *store, const char *service, const char *digest,
                            GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autofree char *directory = path_of(store, service, digest, DIRECTORY_END);
        g_autoptr(Settings) settings = read_kept(store, service, digest, &why);
        if (!settings) {
                fail(error, LAUTTA_ERROR_TRY_AGAIN, "its settings are not whole here: %s", why->message);
                return NULL;
        }
        if (!is_unpacked(settings, directory) && !unpack(settings, directory, error))
                return NULL;
        return g_steal_pointer(&directory);
}

/* --- removed */

static bool is_kept(const char *name, const char *const *kept)
{
        g_autofree char *digest = g_strndup(name, DIGEST_HEX_CHARS);
        const char *end = name + strlen(digest);
        return g_strv_contains(kept, digest) && (!*end || strcmp(end, DIRECTORY_END) == 0);
}

bool settings_store_tidy(const SettingsStore *store, const char *service, const char *const *kept,
                         GError **error)
{
        g_autofree char *directory = paths_settings(store->state_directory, service);
        g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
        for (const char *name; entries && (name = g_dir_read_name(entries));) {
                g_autofree char *path = g_build_filename(directory, name, NULL);
                if (!is_kept(name, kept) && !directory_remove(path, error))
                        return false;
        }
        g_rmdir(directory); /* fails while anything is in it */
        return true;
}

GPtrArray *settings_store_services(const SettingsStore *store)
{
        GPtrArray *services = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *directory = paths_settings(store->state_directory, NULL);
        g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
        for (const char *name; entries && (name = g_dir_read_name(entries));)
                g_ptr_array_add(services, g_strdup(name));
        return services;
}
