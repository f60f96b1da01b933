/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files below settings/: to which node each belongs, and which files a host gets. */
#include "fleet_settings.h"

#include <string.h>

#include "description_text.h"
#include "errors.h"
#include "fleet_private.h"
#include "settings.h"

void fleet_settings_file_free(void *data)
{
        FleetSettingsFile *file = data;
        g_free(file->service);
        g_free(file->name);
        g_bytes_unref(file->content);
        g_free(file);
}

bool fleet_is_settings_path(const char *path)
{
        return g_str_has_prefix(path, SETTINGS_DIRECTORY "/");
}

/* A name of both a host and a group is refused, as the files could belong to either. */
static FleetNode *find_node(const Fleet *fleet, GHashTable *hosts, const char *name, FleetPlace place,
                            GError **error)
{
        FleetNode *host = g_hash_table_lookup(hosts, name);
        FleetNode *group = g_hash_table_lookup(fleet->groups, name);
        if (host && group)
                fleet_fail(place, error, "'%s' is a host and a group: give one of the two another name",
                           name);
        else if (!host && !group)
                fleet_fail(place, error, "there is no host and no group '%s'", name);
        else
                return host ? host : group;
        return NULL;
}

static bool check_file(GStrv parts, GBytes *content, FleetPlace place, GError **error)
{
        if (g_strv_length(parts) != 4)
                return fleet_fail(place, error,
                                  "a file of this name has no meaning here: write " SETTINGS_DIRECTORY
                                  "/HOST-OR-GROUP/SERVICE/FILE");
        g_autoptr(GError) why = NULL;
        if (!check_service_name(parts[2], &why))
                return fleet_fail(place, error, "%s", why->message);
        g_autoptr(Settings) alone = settings_new("", parts[2]);
        return settings_add(alone, parts[3], content, &why) || fleet_fail(place, error, "%s", why->message);
}

static bool take_file(Fleet *fleet, GHashTable *hosts, const FleetFile *file, GHashTable *seen,
                      GError **error)
{
        FleetPlace place = {g_string_chunk_insert_const(fleet->strings, file->path), 1};
        g_auto(GStrv) parts = g_strsplit(file->path, "/", -1);
        if (!g_hash_table_add(seen, (char *)place.file))
                return fleet_fail(place, error, "the file is there twice");
        if (!check_file(parts, file->content, place, error))
                return false;
        FleetNode *node = find_node(fleet, hosts, parts[1], place, error);
        if (!node)
                return false;
        FleetSettingsFile *one = g_new0(FleetSettingsFile, 1);
        one->service = g_strdup(parts[2]);
        one->name = g_strdup(parts[3]);
        one->content = g_bytes_ref(file->content);
        one->place = place;
        g_ptr_array_add(node->settings, one);
        return true;
}

bool fleet_take_settings(Fleet *fleet, GHashTable *hosts, const GPtrArray *files, GError **error)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < files->len; i++) {
                const FleetFile *file = files->pdata[i];
                if (fleet_is_settings_path(file->path) && !take_file(fleet, hosts, file, seen, error))
                        return false;
        }
        return true;
}

/* --- the settings of one host */

static void text_free(void *data)
{
        FleetSettingsText *text = data;
        g_bytes_unref(text->text);
        g_free(text);
}

GPtrArray *fleet_settings_texts_new(void)
{
        return g_ptr_array_new_with_free_func(text_free);
}

static void free_settings(void *settings)
{
        settings_free(settings);
}

/* Returns: owned table of service to Settings. */
static GHashTable *collect_settings(const FleetTarget *target, const char *host, GError **error)
{
        g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_settings);
        GHashTableIter iter;
        void *value = NULL;
        g_hash_table_iter_init(&iter, target->settings);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const FleetSettingsFile *file = ((const FleetNearFile *)value)->file;
                Settings *settings = g_hash_table_lookup(all, file->service);
                if (!settings) {
                        settings = settings_new(host, file->service);
                        g_hash_table_insert(all, settings->service, settings);
                }
                if (!settings_add(settings, file->name, file->content, error)) {
                        g_prefix_error(error, "settings of '%s' on host '%s': ", file->service, host);
                        return NULL;
                }
        }
        return g_steal_pointer(&all);
}

/* Settings of services that the list does not name are left out. */
bool fleet_settings_add(const FleetTarget *target, List *list, GPtrArray *texts, GError **error)
{
        g_autoptr(GHashTable) all = collect_settings(target, list->host, error);
        for (guint i = 0; all && i < list->services->len; i++) {
                const char *service = ((const ListService *)list->services->pdata[i])->service;
                const Settings *settings = g_hash_table_lookup(all, service);
                if (!settings)
                        continue;
                FleetSettingsText *text = g_new0(FleetSettingsText, 1);
                text->text = settings_format(settings);
                digest_sha256(g_bytes_get_data(text->text, NULL), g_bytes_get_size(text->text), text->sha256);
                list_set_settings(list, service, text->sha256);
                g_ptr_array_add(texts, text);
        }
        return all != NULL;
}

static bool check_node(const Fleet *fleet, GHashTable *services, const FleetNode *node, GError **error)
{
        for (guint i = 0; i < node->settings->len; i++) {
                const FleetSettingsFile *file = node->settings->pdata[i];
                if (!g_hash_table_contains(services, file->service) &&
                    !g_hash_table_contains(fleet->services, file->service))
                        return fail(error, LAUTTA_ERROR_NOT_FOUND, "%s: the depot has no service '%s'",
                                    file->place.file, file->service);
        }
        return true;
}

/* A misspelt service would lose its settings unnoticed. */
bool fleet_settings_check(const Fleet *fleet, GHashTable *services, GError **error)
{
        for (guint i = 0; i < fleet->hosts->len; i++)
                if (!check_node(fleet, services, fleet->hosts->pdata[i], error))
                        return false;
        for (guint i = 0; i < fleet->sorted->len; i++)
                if (!check_node(fleet, services, fleet->sorted->pdata[i], error))
                        return false;
        return true;
}
