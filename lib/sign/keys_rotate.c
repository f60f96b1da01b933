/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of keys.h that replaces keys. */
#include <string.h>

#include "errors.h"
#include "files.h"
#include "keys_private.h"
#include "signature.h"

enum { FORMER_MAX = 14 };

static bool find_role(const char *name, size_t *role, GError **error)
{
        for (*role = 0; *role < KEY_ROLES; (*role)++)
                if (strcmp(key_roles[*role].name, name) == 0)
                        return true;
        return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not one of: root, release, list", name);
}

/* Returns: owned comment that distinguishes a new key from its predecessors of the same name. */
static char *make_comment(void)
{
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *date = g_date_time_format(now, "%Y-%m-%d");
        return g_strdup_printf("%s %08x", date, g_random_int());
}

static void set_former(GKeyFile *conf, size_t role, GPtrArray *former)
{
        g_autoptr(GPtrArray) homes = g_ptr_array_new();
        for (guint i = 0; i < former->len; i++)
                g_ptr_array_add(homes, keys_home_of(conf, former->pdata[i]) == GPG_USER ? (char *)"user"
                                                                                        : (char *)"own");
        const char *name = key_roles[role].name;
        g_key_file_set_string_list(conf, name, "former", (const char *const *)former->pdata, former->len);
        g_key_file_set_string_list(conf, name, "former-homes", (const char *const *)homes->pdata, homes->len);
}

/* Exports, then records. An exported key that is not recorded does no harm; a recorded key must be exported. */
static Keys *save(GKeyFile *conf, GpgHome *own, size_t role, GError **error)
{
        if (!keys_export(conf, own, role, error) || !keys_save_conf(conf, error))
                return NULL;
        return keys_load(error);
}

/* Fails if another role has the key: its holder for one role could otherwise act for the other. */
static bool check_free(const Keys *keys, size_t role, const char *fingerprint, GError **error)
{
        const GStrv all[] = {keys->roots, keys->releases, keys->lists};
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
                if (i != role && g_strv_contains((const char *const *)all[i], fingerprint))
                        return fail(error, LAUTTA_ERROR_CONFLICT, "%s is a %s key", fingerprint,
                                    key_roles[i].name);
        if (strcmp(all[role][0], fingerprint) == 0)
                return fail(error, LAUTTA_ERROR_CONFLICT, "%s is the %s key already", fingerprint,
                            key_roles[role].name);
        return true;
}

/* Makes the key the current one and the previous one a former key; a former key that returns leaves the former ones. */
static bool put_in_front(GKeyFile *conf, size_t role, const char *fingerprint, GpgWhich where, GError **error)
{
        const char *name = key_roles[role].name;
        g_autofree char *current = g_key_file_get_string(conf, name, "fingerprint", NULL);
        g_auto(GStrv) before = keys_former(conf, role, error);
        if (!before)
                return false;
        g_autoptr(GPtrArray) former = g_ptr_array_new();
        g_ptr_array_add(former, current);
        for (char **one = before; *one; one++)
                if (strcmp(*one, fingerprint) != 0)
                        g_ptr_array_add(former, *one);
        if (former->len > FORMER_MAX)
                return fail(error, LAUTTA_ERROR_CONFLICT,
                            "there are too many former %s keys: withdraw some with 'lautta trust withdraw'",
                            name);
        set_former(conf, role, former);
        g_key_file_set_string(conf, name, "fingerprint", fingerprint);
        g_key_file_set_string(conf, name, "home", where == GPG_USER ? "user" : "own");
        return true;
}

Keys *keys_rotate(const char *role_name, const char *wanted, GError **error)
{
        size_t role = 0;
        g_autoptr(Keys) keys = find_role(role_name, &role, error) ? keys_load(error) : NULL;
        g_autoptr(GpgHome) own =
                keys && keys_check_replaceable(keys, error) ? gpg_open(GPG_OWN, error) : NULL;
        g_autoptr(GKeyFile) conf = own ? keys_load_conf(error) : NULL;
        if (!conf)
                return NULL;
        GpgWhich where = GPG_OWN;
        g_autofree char *comment = make_comment();
        g_autofree char *fingerprint = wanted ? keys_take(own, wanted, &where, error)
                                              : keys_make(own, key_roles[role].user_id, comment, error);
        if (!fingerprint || !check_free(keys, role, fingerprint, error) ||
            !put_in_front(conf, role, fingerprint, where, error))
                return NULL;
        return save(conf, own, role, error);
}

Keys *keys_withdraw(const char *role_name, const char *text, GError **error)
{
        size_t role = 0;
        g_autofree char *wanted =
                find_role(role_name, &role, error) ? keys_parse_fingerprint(text, error) : NULL;
        g_autoptr(Keys) keys = wanted ? keys_load(error) : NULL;
        g_autoptr(GpgHome) own =
                keys && keys_check_replaceable(keys, error) ? gpg_open(GPG_OWN, error) : NULL;
        g_autoptr(GKeyFile) conf = own ? keys_load_conf(error) : NULL;
        g_auto(GStrv) before = conf ? keys_former(conf, role, error) : NULL;
        if (!before)
                return NULL;
        const char *const current[] = {keys->root, keys->release, keys->list};
        g_autoptr(GPtrArray) former = g_ptr_array_new();
        for (char **one = before; *one; one++)
                if (strcmp(*one, wanted) != 0)
                        g_ptr_array_add(former, *one);
        if (strcmp(current[role], wanted) == 0)
                fail(error, LAUTTA_ERROR_CONFLICT,
                     "%s is the %s key that signs: put another in its place with 'lautta trust rotate %s'",
                     wanted, role_name, role_name);
        else if (former->len == g_strv_length(before))
                fail(error, LAUTTA_ERROR_NOT_FOUND, "%s is not a %s key; 'lautta trust show' lists them",
                     wanted, role_name);
        else {
                set_former(conf, role, former);
                return save(conf, own, role, error);
        }
        return NULL;
}

GBytes *keys_public(GError **error)
{
        g_autoptr(GByteArray) all = g_byte_array_new();
        for (size_t role = 0; role < KEY_ROLES; role++) {
                g_autofree char *path = keys_public_path(key_roles[role].public_name);
                g_autoptr(GBytes) keys = file_read(path, SIGNATURE_KEYRING_MAX_BYTES, error);
                if (!keys)
                        return NULL;
                g_byte_array_append(all, g_bytes_get_data(keys, NULL), (guint)g_bytes_get_size(keys));
        }
        return g_byte_array_free_to_bytes(g_steal_pointer(&all));
}
