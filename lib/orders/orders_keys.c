/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "orders_keys.h"

#include <string.h>

#include "digest.h"
#include "errors.h"
#include "files.h"
#include "keyring.h"
#include "paths.h"
#include "record.h"
#include "signature.h"
#include "text.h"

void orders_keys_free(OrdersKeys *keys)
{
        if (!keys)
                return;
        directory_remove_auto(&keys->directory);
        g_free(keys->medium);
        g_free(keys->root);
        g_free(keys->kept_root);
        g_free(keys->root_keyring);
        g_free(keys->release_keyring);
        g_free(keys->list_keyring);
        g_free(keys->record);
        g_free(keys);
}

static bool add_medium(Digest *digest, const char *path, GError **error)
{
        uint8_t one[DIGEST_BYTES];
        g_autoptr(GBytes) bytes = file_read(path, SIGNATURE_KEYRING_MAX_BYTES, error);
        if (!bytes) {
                g_prefix_error(
                        error,
                        "the host has to know the depot's public keys, root.pgp, release.pgp and lists.pgp: ");
                return false;
        }
        digest_sha256(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), one);
        digest_update(digest, one, sizeof one);
        return true;
}

static bool read_medium(OrdersKeys *keys, GError **error)
{
        g_autoptr(Digest) digest = digest_new();
        uint8_t sum[DIGEST_BYTES];
        if (!add_medium(digest, keys->root_keyring, error) ||
            !add_medium(digest, keys->release_keyring, error) ||
            !add_medium(digest, keys->list_keyring, error))
                return false;
        digest_finish(digest, sum);
        keys->medium = digest_to_hex(sum);
        return true;
}

/* Write the keys `fingerprints` of `keyring`, and no others, to the private file `name`. Returns: owned path.
 */
static char *place_keyring(OrdersKeys *keys, const char *name, GBytes *keyring,
                           const char *const *fingerprints, GError **error)
{
        if (!keys->directory)
                keys->directory = directory_make_temporary(error);
        g_autoptr(GBytes) picked = keys->directory ? keyring_pick(keyring, fingerprints, error) : NULL;
        if (!picked)
                return NULL;
        g_autofree char *path = g_build_filename(keys->directory, name, NULL);
        if (!file_write_atomically(path, g_bytes_get_data(picked, NULL), g_bytes_get_size(picked), 0600,
                                   error))
                return NULL;
        return g_steal_pointer(&path);
}

/* A record made before the medium's keys changed is dropped: new keys on the medium are a new beginning. */
static bool take_root(OrdersKeys *keys, const json_t *record, GError **error)
{
        const char *root = json_string_value(json_object_get(record, "root"));
        const char *text = json_string_value(json_object_get(record, "keys"));
        const char *medium = json_string_value(json_object_get(record, "medium"));
        if (!root || !text || g_strcmp0(medium, keys->medium) != 0)
                return true;
        gsize size = 0;
        guchar *bytes = g_base64_decode(text, &size);
        g_autoptr(GBytes) keyring = g_bytes_new_take(bytes, size);
        /* Older agents kept the keys of all roles here. */
        const char *const root_only[] = {root, NULL};
        g_autofree char *path = place_keyring(keys, "root.pgp", keyring, root_only, error);
        if (!path)
                return false;
        g_free(keys->root_keyring);
        keys->root_keyring = g_steal_pointer(&path);
        keys->root = g_strdup(root);
        keys->kept_root = g_strdup(root);
        return true;
}

static bool read_root(OrdersKeys *keys, bool only_look, GPtrArray *told, GError **error)
{
        g_autofree char *torn = NULL;
        g_autoptr(GError) why = NULL;
        g_autoptr(json_t) record =
                only_look ? record_read(keys->record, NULL) : record_take(keys->record, &torn, &why);
        if (torn)
                g_ptr_array_add(told, g_steal_pointer(&torn));
        if (why) {
                g_propagate_error(error, g_steal_pointer(&why));
                return false;
        }
        return take_root(keys, record, error);
}

OrdersKeys *orders_keys_load(const OrdersConf *conf, bool only_look, GPtrArray *told, GError **error)
{
        g_autoptr(OrdersKeys) keys = g_new0(OrdersKeys, 1);
        keys->root_keyring = g_build_filename(conf->trust_directory, "root.pgp", NULL);
        keys->release_keyring = g_build_filename(conf->trust_directory, "release.pgp", NULL);
        keys->list_keyring = g_build_filename(conf->trust_directory, "lists.pgp", NULL);
        keys->record = paths_root_key(conf->state_directory);
        if (!read_medium(keys, error) || !read_root(keys, only_look, told, error))
                return NULL;
        return g_steal_pointer(&keys);
}

bool orders_keys_keep(OrdersKeys *keys, const Trust *trust, GError **error)
{
        const char *const root[] = {trust->root, NULL};
        if (g_strcmp0(keys->kept_root, trust->root) == 0)
                return true;
        g_autoptr(GBytes) picked = keyring_pick(trust->keyring, root, error);
        if (!picked)
                return false;
        g_autofree char *text = g_base64_encode(g_bytes_get_data(picked, NULL), g_bytes_get_size(picked));
        g_autoptr(json_t) record =
                json_pack("{s:s, s:s, s:s}", "medium", keys->medium, "root", trust->root, "keys", text);
        if (!record_write(keys->record, record, error))
                return false;
        text_set(&keys->kept_root, trust->root);
        return true;
}

bool orders_keys_follow(OrdersKeys *keys, const Trust *trust, GError **error)
{
        const char *const root[] = {trust->root, NULL};
        const struct {
                const char *name;
                const char *const *fingerprints;
                char **path;
        } roles[] = {
                {"root.pgp", root, &keys->root_keyring},
                {"release.pgp", (const char *const *)trust->release_keys, &keys->release_keyring},
                {"lists.pgp", (const char *const *)trust->list_keys, &keys->list_keyring},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
                g_autofree char *path =
                        place_keyring(keys, roles[i].name, trust->keyring, roles[i].fingerprints, error);
                if (!path) {
                        g_prefix_error(error, "keys of trust.list: ");
                        return false;
                }
                g_free(*roles[i].path);
                *roles[i].path = g_steal_pointer(&path);
        }
        text_set(&keys->root, trust->root);
        return true;
}
