/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "depot_conf.h"

#include <string.h>

#include "errors.h"
#include "units.h"

static const char group[] = "depot";

void depot_conf_free(DepotConf *conf)
{
        if (!conf)
                return;
        g_free(conf->id);
        g_free(conf->origin);
        g_free(conf->suite);
        g_free(conf->key);
        g_free(conf);
}

bool depot_suite_is_valid(const char *suite)
{
        size_t length = strspn(suite, "abcdefghijklmnopqrstuvwxyz0123456789-.");
        return length > 0 && length <= 64 && !suite[length] && g_ascii_isalnum(suite[0]);
}

bool depot_origin_is_valid(const char *origin)
{
        if (!*origin || strlen(origin) > 200 || !g_utf8_validate(origin, -1, NULL) || *origin == ' ' ||
            g_str_has_suffix(origin, " "))
                return false;
        for (const char *p = origin; *p; p++)
                if ((unsigned char)*p < ' ' || *p == 127 || *p == '\\' || *p == '"')
                        return false;
        return true;
}

static bool take(GKeyFile *file, const char *key, char **value, GError **error)
{
        *value = g_key_file_get_string(file, group, key, NULL);
        return *value || fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is missing", key);
}

DepotConf *depot_conf_parse(GBytes *text, GError **error)
{
        g_autoptr(DepotConf) conf = g_new0(DepotConf, 1);
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) why = NULL;
        g_autofree char *valid = NULL;
        if (g_bytes_get_size(text) > 0 && !g_key_file_load_from_bytes(file, text, G_KEY_FILE_NONE, &why)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "%s", why->message);
                return NULL;
        }
        if (!take(file, "id", &conf->id, error) || !take(file, "origin", &conf->origin, error) ||
            !take(file, "suite", &conf->suite, error) || !take(file, "key", &conf->key, error) ||
            !take(file, "valid", &valid, error) || !duration_parse(valid, &conf->valid_seconds, error))
                return NULL;
        if (!g_uuid_string_is_valid(conf->id) || !depot_suite_is_valid(conf->suite) ||
            !depot_origin_is_valid(conf->origin)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'id', 'suite' or 'origin' is not valid");
                return NULL;
        }
        return g_steal_pointer(&conf);
}

char *depot_conf_format(const DepotConf *conf)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autofree char *valid = g_strdup_printf("%" G_GUINT64_FORMAT "s", conf->valid_seconds);
        g_key_file_set_string(file, group, "id", conf->id);
        g_key_file_set_string(file, group, "origin", conf->origin);
        g_key_file_set_string(file, group, "suite", conf->suite);
        g_key_file_set_string(file, group, "key", conf->key);
        g_key_file_set_string(file, group, "valid", valid);
        return g_key_file_to_data(file, NULL, NULL);
}
