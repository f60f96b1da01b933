/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_settings_files.h"

#include "errors.h"
#include "files.h"
#include "settings.h"
#include "tree.h"

static bool lies_there(const char *path, GBytes *text)
{
        g_autoptr(GBytes) there = file_read(path, SETTINGS_TEXT_MAX_BYTES, NULL);
        return there && g_bytes_equal(there, text);
}

static bool place(Repository *repository, const FleetSettingsText *settings, GError **error)
{
        g_autofree char *path = settings_path(settings->sha256);
        g_autofree char *full = g_build_filename(repository_path(repository), path, NULL);
        g_autofree char *temporary = g_build_filename(repository_tmp(repository), "settings", NULL);
        if (lies_there(full, settings->text))
                return true;
        return file_write_atomically(temporary, g_bytes_get_data(settings->text, NULL),
                                     g_bytes_get_size(settings->text), 0644, error) &&
               tree_place(repository_tree(repository), temporary, path, error);
}

bool fleet_settings_place(Repository *repository, const GPtrArray *steps, GError **error)
{
        for (guint i = 0; i < steps->len; i++) {
                const FleetStep *step = steps->pdata[i];
                for (guint j = 0; j < step->settings->len; j++)
                        if (!place(repository, step->settings->pdata[j], error))
                                return false;
        }
        return true;
}

static void add_named(GHashTable *named, const List *list)
{
        for (guint i = 0; list && i < list->services->len; i++) {
                const ListService *service = list->services->pdata[i];
                if (service->has_settings)
                        g_hash_table_add(named, digest_to_hex(service->settings_sha256));
        }
}

/* Returns: owned set of digests that the published lists name; NULL if one of the lists cannot be read. */
static GHashTable *find_named(const GPtrArray *steps, GHashTable *before)
{
        g_autoptr(GHashTable) named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < steps->len; i++) {
                const FleetStep *step = steps->pdata[i];
                g_hash_table_add(done, step->host);
                add_named(named, step->list ? step->list : step->action == FLEET_KEPT ? step->before : NULL);
        }
        GHashTableIter iter;
        void *host = NULL, *value = NULL;
        g_hash_table_iter_init(&iter, before);
        while (g_hash_table_iter_next(&iter, &host, &value)) {
                const FleetBefore *other = value;
                if (g_hash_table_contains(done, host))
                        continue;
                if (!other->list && other->why)
                        return NULL;
                add_named(named, other->list);
        }
        return g_steal_pointer(&named);
}

bool fleet_settings_tidy(Repository *repository, const GPtrArray *steps, GHashTable *before, GError **error)
{
        g_autoptr(GHashTable) named = find_named(steps, before);
        g_autofree char *full = g_build_filename(repository_path(repository), SETTINGS_DIRECTORY, NULL);
        g_autoptr(GDir) directory = named ? g_dir_open(full, 0, NULL) : NULL;
        for (const char *name; directory && (name = g_dir_read_name(directory));) {
                uint8_t sha256[DIGEST_BYTES];
                if (!digest_from_hex(name, sha256) || g_hash_table_contains(named, name))
                        continue;
                g_autofree char *path = settings_path(sha256);
                if (!tree_remove(repository_tree(repository), path, error))
                        return false;
        }
        return true;
}
