/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keys_private.h"

#include <string.h>

#include "errors.h"
#include "files.h"
#include "home.h"

enum { CONF_MAX_BYTES = 16 * 1024 };

const KeyRole key_roles[KEY_ROLES] = {
        {"root", "root", "Lautta root key"},
        {"release", "release", "Lautta release key"},
        {"list", "lists", "Lautta list key"},
};

/* Returns: the field of a role's key, in the order of the table. */
static char **slot(Keys *keys, size_t role)
{
        char **const slots[] = {&keys->root, &keys->release, &keys->list};
        return slots[role];
}

static GStrv *valid_slot(Keys *keys, size_t role)
{
        GStrv *const slots[] = {&keys->roots, &keys->releases, &keys->lists};
        return slots[role];
}

void keys_free(Keys *keys)
{
        if (!keys)
                return;
        for (size_t role = 0; role < KEY_ROLES; role++) {
                g_free(*slot(keys, role));
                g_strfreev(*valid_slot(keys, role));
        }
        g_free(keys);
}

char *keys_public_path(const char *role)
{
        g_autofree char *name = g_strconcat(role, ".pgp", NULL);
        return home_path(name);
}

/* Returns: owned upper-case fingerprint without the blanks that people copy along. */
char *keys_parse_fingerprint(const char *text, GError **error)
{
        g_autoptr(GString) fingerprint = g_string_new(NULL);
        for (const char *p = text; *p; p++)
                if (*p != ' ')
                        g_string_append_c(fingerprint, g_ascii_toupper(*p));
        if (fingerprint->len == FINGERPRINT_CHARS &&
            strspn(fingerprint->str, "0123456789ABCDEF") == FINGERPRINT_CHARS)
                return g_string_free(g_steal_pointer(&fingerprint), false);
        fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a key's fingerprint of 40 hex digits", text);
        return NULL;
}

/* Returns: owned key file, empty if there is none yet. */
GKeyFile *keys_load_conf(GError **error)
{
        g_autofree char *path = home_path("keys.conf");
        g_autoptr(GKeyFile) conf = g_key_file_new();
        g_autoptr(GError) why = NULL;
        g_autoptr(GBytes) bytes = file_read(path, CONF_MAX_BYTES, &why);
        if (error_is(why, LAUTTA_ERROR_NOT_FOUND))
                return g_steal_pointer(&conf);
        if (bytes && (g_bytes_get_size(bytes) == 0 || g_key_file_load_from_bytes(conf, bytes, 0, &why)))
                return g_steal_pointer(&conf);
        fail(error, LAUTTA_ERROR_CORRUPT, "'%s': %s", path, why->message);
        return NULL;
}

bool keys_save_conf(GKeyFile *conf, GError **error)
{
        g_autofree char *path = home_path("keys.conf");
        gsize size = 0;
        g_autofree char *text = g_key_file_to_data(conf, &size, NULL);
        return file_write_atomically(path, text, size, 0600, error);
}

/* Reads one role; it may be absent. */
static bool load_role(GKeyFile *conf, size_t role, char **fingerprint, GError **error)
{
        g_autofree char *text = g_key_file_get_string(conf, key_roles[role].name, "fingerprint", NULL);
        if (!text)
                return true;
        *fingerprint = keys_parse_fingerprint(text, error);
        if (!*fingerprint)
                g_prefix_error(error, "keys.conf, %s: ", key_roles[role].name);
        return *fingerprint != NULL;
}

static GpgWhich home_named(const char *name)
{
        return g_strcmp0(name, "user") == 0 ? GPG_USER : GPG_OWN;
}

static GpgWhich role_home(GKeyFile *conf, size_t role)
{
        g_autofree char *where = g_key_file_get_string(conf, key_roles[role].name, "home", NULL);
        return home_named(where);
}

GStrv keys_former(GKeyFile *conf, size_t role, GError **error)
{
        g_auto(GStrv) texts = g_key_file_get_string_list(conf, key_roles[role].name, "former", NULL, NULL);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (char **text = texts; text && *text; text++) {
                g_autofree char *fingerprint = keys_parse_fingerprint(*text, error);
                if (!fingerprint) {
                        g_prefix_error(error, "keys.conf, %s: ", key_roles[role].name);
                        return NULL;
                }
                g_strv_builder_add(builder, fingerprint);
        }
        return g_strv_builder_end(builder);
}

GpgWhich keys_home_of(GKeyFile *conf, const char *fingerprint)
{
        for (size_t role = 0; role < KEY_ROLES; role++) {
                const char *name = key_roles[role].name;
                g_autofree char *current = g_key_file_get_string(conf, name, "fingerprint", NULL);
                if (g_strcmp0(current, fingerprint) == 0)
                        return role_home(conf, role);
                g_auto(GStrv) former = g_key_file_get_string_list(conf, name, "former", NULL, NULL);
                g_auto(GStrv) homes = g_key_file_get_string_list(conf, name, "former-homes", NULL, NULL);
                for (size_t i = 0; former && homes && former[i] && homes[i]; i++)
                        if (strcmp(former[i], fingerprint) == 0)
                                return home_named(homes[i]);
        }
        return GPG_OWN;
}

/* Loads the valid keys of a role: the current one, then the former ones. */
static bool load_valid(GKeyFile *conf, size_t role, Keys *keys, GError **error)
{
        g_auto(GStrv) former = keys_former(conf, role, error);
        if (!former)
                return false;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_strv_builder_add(builder, *slot(keys, role));
        g_strv_builder_addv(builder, (const char **)former);
        *valid_slot(keys, role) = g_strv_builder_end(builder);
        return true;
}

Keys *keys_load(GError **error)
{
        bool is_public = false;
        g_autoptr(GKeyFile) conf = keys_load_known(&is_public, error);
        if (!conf)
                return NULL;
        g_autoptr(Keys) keys = g_new0(Keys, 1);
        keys->is_public = is_public;
        for (size_t role = 0; role < KEY_ROLES; role++) {
                if (!load_role(conf, role, slot(keys, role), error))
                        return NULL;
                if (!*slot(keys, role)) {
                        g_autofree char *path = home_path(NULL);
                        fail(error, LAUTTA_ERROR_NOT_FOUND,
                             "there is no %s key in '%s': make keys with 'lautta init', copy %s.pgp from who has it, or set LAUTTA_HOME",
                             key_roles[role].name, path, key_roles[role].public_name);
                        return NULL;
                }
                if (!load_valid(conf, role, keys, error))
                        return NULL;
        }
        return g_steal_pointer(&keys);
}

/* Returns: owned fingerprint of a new Ed25519 key that signs, without passphrase. */
char *keys_make(GpgHome *own, const char *name, const char *comment, GError **error)
{
        g_autofree char *comment_line =
                comment ? g_strdup_printf("Name-Comment: %s\n", comment) : g_strdup("");
        g_autofree char *user_id = comment ? g_strdup_printf("%s (%s)", name, comment) : g_strdup(name);
        g_autofree char *parameters =
                g_strdup_printf("%%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\n"
                                "Key-Usage: sign\nName-Real: %s\n%sExpire-Date: 0\n%%commit\n",
                                name, comment_line);
        g_autoptr(GBytes) input = g_bytes_new(parameters, strlen(parameters));
        const char *const arguments[] = {"--generate-key", NULL};
        g_autoptr(GBytes) output = gpg_run(own, arguments, input, error);
        if (!output)
                return NULL;
        char *made = gpg_find_secret(own, user_id, error);
        if (!made && error && !*error)
                fail(error, LAUTTA_ERROR_SYSTEM, "gpg made a key and does not list it");
        return made;
}

/* Finds an existing key by its fingerprint: in Lautta's home first, then in the user's; `home` gets the place. */
char *keys_take(GpgHome *own, const char *wanted, GpgWhich *home, GError **error)
{
        g_autofree char *fingerprint = keys_parse_fingerprint(wanted, error);
        if (!fingerprint)
                return NULL;
        g_autoptr(GError) why = NULL;
        char *found = gpg_find_secret(own, fingerprint, &why);
        *home = GPG_OWN;
        if (!found && !why) {
                g_autoptr(GpgHome) user = gpg_open(GPG_USER, NULL);
                found = user ? gpg_find_secret(user, fingerprint, &why) : NULL;
                *home = GPG_USER;
        }
        if (!found)
                fail(error, why ? (LauttaErrorCode)why->code : LAUTTA_ERROR_NOT_FOUND,
                     "cannot sign with key %s: %s", fingerprint,
                     why ? why->message
                         : "neither $LAUTTA_HOME/gnupg nor your own GnuPG home has its secret part");
        return found;
}

static bool export_key(GKeyFile *conf, GpgHome *own, size_t role, const char *fingerprint, GByteArray *out,
                       GError **error)
{
        bool is_own = keys_home_of(conf, fingerprint) == GPG_OWN;
        g_autoptr(GpgHome) user = is_own ? NULL : gpg_open(GPG_USER, error);
        if (!is_own && !user)
                return false;
        const char *const arguments[] = {"--export-options", "export-minimal", "--export", fingerprint, NULL};
        g_autoptr(GBytes) key = gpg_run(is_own ? own : user, arguments, NULL, error);
        if (!key)
                return false;
        if (g_bytes_get_size(key) == 0)
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "the %s key %s is not in its keyring any more",
                            key_roles[role].name, fingerprint);
        g_byte_array_append(out, g_bytes_get_data(key, NULL), (guint)g_bytes_get_size(key));
        return true;
}

bool keys_export(GKeyFile *conf, GpgHome *own, size_t role, GError **error)
{
        g_autofree char *current = g_key_file_get_string(conf, key_roles[role].name, "fingerprint", NULL);
        g_auto(GStrv) former = keys_former(conf, role, error);
        g_autoptr(GByteArray) all = g_byte_array_new();
        if (!former || !export_key(conf, own, role, current, all, error))
                return false;
        for (char **one = former; role != KEY_ROLE_ROOT && *one; one++)
                if (!export_key(conf, own, role, *one, all, error))
                        return false;
        g_autofree char *path = keys_public_path(key_roles[role].public_name);
        return file_write_atomically(path, all->data, all->len, 0644, error);
}

static bool check_same(size_t role, const char *used, const char *wanted, GError **error)
{
        g_autofree char *fingerprint = wanted ? keys_parse_fingerprint(wanted, error) : NULL;
        if (wanted && !fingerprint)
                return false;
        if (!fingerprint || strcmp(fingerprint, used) == 0)
                return true;
        g_autofree char *home = home_path(NULL);
        return fail(error, LAUTTA_ERROR_CONFLICT,
                    "the %s key of '%s' is %s already; use another LAUTTA_HOME for another key",
                    key_roles[role].name, home, used);
}

/* Completes one role: finds or makes its key unless it is recorded, exports and records it. */
static bool init_role(GpgHome *own, GKeyFile *conf, size_t role, const char *wanted, char **fingerprint,
                      GError **error)
{
        if (!load_role(conf, role, fingerprint, error))
                return false;
        GpgWhich where = role_home(conf, role);
        bool recorded = *fingerprint != NULL;
        if (recorded && !check_same(role, *fingerprint, wanted, error))
                return false;
        g_autoptr(GError) why = NULL;
        if (!recorded && wanted)
                *fingerprint = keys_take(own, wanted, &where, &why);
        else if (!recorded && !(*fingerprint = gpg_find_secret(own, key_roles[role].user_id, &why)) && !why)
                *fingerprint = keys_make(own, key_roles[role].user_id, NULL, &why);
        if (!*fingerprint) {
                g_propagate_prefixed_error(error, g_steal_pointer(&why), "%s key: ", key_roles[role].name);
                return false;
        }
        g_key_file_set_string(conf, key_roles[role].name, "fingerprint", *fingerprint);
        g_key_file_set_string(conf, key_roles[role].name, "home", where == GPG_USER ? "user" : "own");
        if (!keys_export(conf, own, role, error))
                return false;
        return recorded || keys_save_conf(conf, error);
}

Keys *keys_init(const Keys *wanted, GError **error)
{
        static const Keys nothing = {0};
        Keys want = wanted ? *wanted : nothing;
        g_autoptr(GpgHome) own = gpg_open(GPG_OWN, error);
        g_autoptr(GKeyFile) conf = own ? keys_load_conf(error) : NULL;
        const char *const named_keys[KEY_ROLES] = {want.root, want.release, want.list};
        if (!conf || !keys_check_own(own, conf, named_keys, error))
                return NULL;
        g_autoptr(Keys) keys = g_new0(Keys, 1);
        /* Takes the named keys first, so that a missing one is noticed before others are made. */
        for (int named = 1; named >= 0; named--)
                for (size_t role = 0; role < KEY_ROLES; role++)
                        if ((*slot(&want, role) != NULL) == named &&
                            !init_role(own, conf, role, *slot(&want, role), slot(keys, role), error))
                                return NULL;
        for (size_t role = 0; role < KEY_ROLES; role++)
                if (!load_valid(conf, role, keys, error))
                        return NULL;
        return g_steal_pointer(&keys);
}
