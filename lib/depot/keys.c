/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keys.h"

#include <string.h>

#include "errors.h"
#include "files.h"
#include "gpg.h"
#include "home.h"

enum { CONF_MAX_BYTES = 16 * 1024 };

/* The three roles: their section in keys.conf, where the public key goes, the user id of a key that we make.
 */
static const struct {
        const char *name;
        const char *public_name;
        const char *user_id;
} roles[] = {
        {"root", "root", "Lautta root key"},
        {"release", "release", "Lautta release key"},
        {"list", "lists", "Lautta list key"},
};

/* A role's key in memory, in the order of the table. */
static char **slot(Keys *keys, size_t role)
{
        char **const slots[] = {&keys->root, &keys->release, &keys->list};
        return slots[role];
}

void keys_free(Keys *keys)
{
        if (!keys)
                return;
        for (size_t role = 0; role < G_N_ELEMENTS(roles); role++)
                g_free(*slot(keys, role));
        g_free(keys);
}

char *keys_public_path(const char *role)
{
        g_autofree char *name = g_strconcat(role, ".pgp", NULL);
        return home_path(name);
}

/* Returns: owned upper-case fingerprint without the blanks that people copy along. */
static char *parse_fingerprint(const char *text, GError **error)
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
static GKeyFile *load_conf(GError **error)
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

static bool save_conf(GKeyFile *conf, GError **error)
{
        g_autofree char *path = home_path("keys.conf");
        gsize size = 0;
        g_autofree char *text = g_key_file_to_data(conf, &size, NULL);
        return file_write_atomically(path, text, size, 0600, error);
}

/* Reads one role; absent is fine. */
static bool load_role(GKeyFile *conf, size_t role, char **fingerprint, GError **error)
{
        g_autofree char *text = g_key_file_get_string(conf, roles[role].name, "fingerprint", NULL);
        if (!text)
                return true;
        *fingerprint = parse_fingerprint(text, error);
        if (!*fingerprint)
                g_prefix_error(error, "keys.conf, %s: ", roles[role].name);
        return *fingerprint != NULL;
}

static GpgWhich role_home(GKeyFile *conf, size_t role)
{
        g_autofree char *where = g_key_file_get_string(conf, roles[role].name, "home", NULL);
        return where && strcmp(where, "user") == 0 ? GPG_USER : GPG_OWN;
}

Keys *keys_load(GError **error)
{
        g_autoptr(GKeyFile) conf = load_conf(error);
        if (!conf)
                return NULL;
        g_autoptr(Keys) keys = g_new0(Keys, 1);
        for (size_t role = 0; role < G_N_ELEMENTS(roles); role++) {
                if (!load_role(conf, role, slot(keys, role), error))
                        return NULL;
                if (!*slot(keys, role)) {
                        g_autofree char *path = home_path(NULL);
                        fail(error, LAUTTA_ERROR_NOT_FOUND,
                             "there is no %s key in '%s': make keys with 'lautta init', or set LAUTTA_HOME",
                             roles[role].name, path);
                        return NULL;
                }
        }
        return g_steal_pointer(&keys);
}

/* Returns: owned fingerprint of a new Ed25519 key that signs, without passphrase. */
static char *make_key(GpgHome *own, const char *user_id, GError **error)
{
        g_autofree char *parameters =
                g_strdup_printf("%%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\n"
                                "Key-Usage: sign\nName-Real: %s\nExpire-Date: 0\n%%commit\n",
                                user_id);
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

/* An existing key by its fingerprint: ours first, then the user's; `home` tells which. */
static char *take_key(GpgHome *own, const char *wanted, GpgWhich *home, GError **error)
{
        g_autofree char *fingerprint = parse_fingerprint(wanted, error);
        if (!fingerprint)
                return NULL;
        g_autoptr(GError) why = NULL;
        char *found = gpg_find_secret(own, fingerprint, &why);
        *home = GPG_OWN;
        if (!found && !why) {
                g_autoptr(GpgHome) user = gpg_open(GPG_USER, &why);
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

static bool export_key(GpgHome *home, size_t role, const char *fingerprint, GError **error)
{
        const char *const arguments[] = {"--export-options", "export-minimal", "--export", fingerprint, NULL};
        g_autoptr(GBytes) key = gpg_run(home, arguments, NULL, error);
        if (!key)
                return false;
        if (g_bytes_get_size(key) == 0)
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "the %s key %s is not in its keyring any more",
                            roles[role].name, fingerprint);
        g_autofree char *path = keys_public_path(roles[role].public_name);
        return file_write_atomically(path, g_bytes_get_data(key, NULL), g_bytes_get_size(key), 0644, error);
}

static bool check_same(size_t role, const char *used, const char *wanted, GError **error)
{
        g_autofree char *fingerprint = wanted ? parse_fingerprint(wanted, error) : NULL;
        if (wanted && !fingerprint)
                return false;
        if (!fingerprint || strcmp(fingerprint, used) == 0)
                return true;
        g_autofree char *home = home_path(NULL);
        return fail(error, LAUTTA_ERROR_CONFLICT,
                    "the %s key of '%s' is %s already; use another LAUTTA_HOME for another key",
                    roles[role].name, home, used);
}

static bool export_from(GpgHome *own, GpgWhich where, size_t role, const char *fingerprint, GError **error)
{
        if (where == GPG_OWN)
                return export_key(own, role, fingerprint, error);
        g_autoptr(GpgHome) user = gpg_open(GPG_USER, error);
        return user && export_key(user, role, fingerprint, error);
}

/* Brings one role to its end: recorded, or found, or made; then exported and recorded. */
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
                *fingerprint = take_key(own, wanted, &where, &why);
        else if (!recorded && !(*fingerprint = gpg_find_secret(own, roles[role].user_id, &why)) && !why)
                *fingerprint = make_key(own, roles[role].user_id, &why);
        if (!*fingerprint) {
                g_propagate_prefixed_error(error, g_steal_pointer(&why), "%s key: ", roles[role].name);
                return false;
        }
        if (!export_from(own, where, role, *fingerprint, error))
                return false;
        g_key_file_set_string(conf, roles[role].name, "fingerprint", *fingerprint);
        g_key_file_set_string(conf, roles[role].name, "home", where == GPG_USER ? "user" : "own");
        return recorded || save_conf(conf, error);
}

Keys *keys_init(const Keys *wanted, GError **error)
{
        static const Keys nothing = {0};
        Keys want = wanted ? *wanted : nothing;
        g_autoptr(GpgHome) own = gpg_open(GPG_OWN, error);
        g_autoptr(GKeyFile) conf = own ? load_conf(error) : NULL;
        if (!conf)
                return NULL;
        g_autoptr(Keys) keys = g_new0(Keys, 1);
        /* Keys that are named come first, so that one which is not there is noticed before others are made.
         */
        for (int named = 1; named >= 0; named--)
                for (size_t role = 0; role < G_N_ELEMENTS(roles); role++)
                        if ((*slot(&want, role) != NULL) == named &&
                            !init_role(own, conf, role, *slot(&want, role), slot(keys, role), error))
                                return NULL;
        return g_steal_pointer(&keys);
}

/* Where the secret part of `fingerprint` lies, as keys.conf says. */
static bool find_home(const char *fingerprint, GpgWhich *where, GError **error)
{
        g_autoptr(GKeyFile) conf = load_conf(error);
        if (!conf)
                return false;
        *where = GPG_OWN;
        for (size_t role = 0; role < G_N_ELEMENTS(roles); role++) {
                g_autofree char *recorded =
                        g_key_file_get_string(conf, roles[role].name, "fingerprint", NULL);
                if (g_strcmp0(recorded, fingerprint) == 0)
                        *where = role_home(conf, role);
        }
        return true;
}

struct KeySigner {
        GpgHome *home;
        GStrv fingerprints;
};

KeySigner *key_signer_open(const char *const *fingerprints, GError **error)
{
        GpgWhich where = GPG_OWN, other = GPG_OWN;
        if (!find_home(fingerprints[0], &where, error))
                return NULL;
        for (const char *const *more = fingerprints; *more; more++) {
                if (!find_home(*more, &other, error))
                        return NULL;
                if (other != where) {
                        fail(error, LAUTTA_ERROR_CONFLICT,
                             "keys %s and %s lie in two GnuPG homes, and one text cannot be signed from "
                             "both: "
                             "import the secret key into $LAUTTA_HOME/gnupg",
                             fingerprints[0], *more);
                        return NULL;
                }
        }
        g_autoptr(KeySigner) signer = g_new0(KeySigner, 1);
        signer->fingerprints = g_strdupv((GStrv)fingerprints);
        signer->home = gpg_open(where, error);
        return signer->home ? g_steal_pointer(&signer) : NULL;
}

void key_signer_free(KeySigner *signer)
{
        if (!signer)
                return;
        g_clear_pointer(&signer->home, gpg_close);
        g_strfreev(signer->fingerprints);
        g_free(signer);
}

GBytes *key_signer_sign(KeySigner *signer, GBytes *text, GError **error)
{
        g_autoptr(GPtrArray) arguments = g_ptr_array_new();
        static const char *const before[] = {"--digest-algo", "SHA512"};
        static const char *const after[] = {"--clear-sign", "--output", "-", NULL};
        for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
                g_ptr_array_add(arguments, (char *)before[i]);
        for (char **fingerprint = signer->fingerprints; *fingerprint; fingerprint++) {
                g_ptr_array_add(arguments, (char *)"--local-user");
                g_ptr_array_add(arguments, *fingerprint);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(after); i++)
                g_ptr_array_add(arguments, (char *)after[i]);
        GBytes *message = gpg_run(signer->home, (const char *const *)arguments->pdata, text, error);
        if (!message) {
                g_autofree char *names = g_strjoinv(", ", signer->fingerprints);
                g_prefix_error(error, "cannot sign with key %s: ", names);
        }
        return message;
}

GBytes *keys_sign(const char *fingerprint, GBytes *text, GError **error)
{
        const char *const fingerprints[] = {fingerprint, NULL};
        g_autoptr(KeySigner) signer = key_signer_open(fingerprints, error);
        return signer ? key_signer_sign(signer, text, error) : NULL;
}
