/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of keys.h for a user who has one secret key and only the public keys of the other roles: without keys.conf,
 * the public files tell which key has which role. */
#include "errors.h"
#include "home.h"
#include "keys_private.h"

bool keys_conf_is_empty(GKeyFile *conf)
{
        gsize groups = 0;
        g_auto(GStrv) names = g_key_file_get_groups(conf, &groups);
        return groups == 0;
}

/* Adds a role. The first key of the file signs, as keys_export() writes it; the others are former keys. */
static bool add_role(GKeyFile *conf, size_t role, GError **error)
{
        const char *name = key_roles[role].name;
        g_autofree char *path = keys_public_path(key_roles[role].public_name);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
                return true;
        g_auto(GStrv) all = gpg_show_keys(path, error);
        if (!all)
                return false;
        g_key_file_set_string(conf, name, "fingerprint", all[0]);
        g_key_file_set_string_list(conf, name, "former", (const char *const *)all + 1,
                                   g_strv_length(all) - 1);
        return true;
}

GKeyFile *keys_load_known(bool *is_public, GError **error)
{
        g_autoptr(GKeyFile) conf = keys_load_conf(error);
        if (!conf)
                return NULL;
        *is_public = keys_conf_is_empty(conf);
        for (size_t role = 0; *is_public && role < KEY_ROLES; role++)
                if (!add_role(conf, role, error))
                        return NULL;
        return g_steal_pointer(&conf);
}

bool keys_check_replaceable(const Keys *keys, GError **error)
{
        g_autofree char *path = home_path("keys.conf");
        return !keys->is_public ||
               fail(error, LAUTTA_ERROR_CONFLICT,
                    "there is no '%s', only public keys that others may have made: keys are replaced where the root key is at home",
                    path);
}

bool keys_check_own(GpgHome *own, GKeyFile *conf, const char *const wanted[KEY_ROLES], GError **error)
{
        if (!keys_conf_is_empty(conf))
                return true;
        for (size_t role = 0; role < KEY_ROLES; role++) {
                g_autofree char *path = keys_public_path(key_roles[role].public_name);
                if (wanted[role] || !g_file_test(path, G_FILE_TEST_EXISTS))
                        continue;
                g_autoptr(GError) why = NULL;
                g_autofree char *secret = gpg_find_secret(own, key_roles[role].user_id, &why);
                if (!secret && !why)
                        return fail(
                                error, LAUTTA_ERROR_CONFLICT,
                                "'%s' is of a %s key whose secret part is not here, and would be replaced: use another LAUTTA_HOME, or move that file away",
                                path, key_roles[role].name);
        }
        return true;
}
