/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "orders_keys.h"

#include <string.h>

#include "digest.h"
#include "errors.h"
#include "files.h"
#include "record.h"
#include "signature.h"

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

/* Put public keys into a file of ours. Returns: owned path. */
static char *place_keyring(OrdersKeys *keys, const char *name, const void *bytes, size_t size, GError **error)
{
        if (!keys->directory)
                keys->directory = directory_make_temporary(error);
        if (!keys->directory)
                return NULL;
        char *path = g_build_filename(keys->directory, name, NULL);
        if (!file_write_atomically(path, bytes, size, 0600, error))
                g_clear_pointer(&path, g_free);
        return path;
}

/* What was kept is of no use if the medium's keys have changed: whoever brought those began anew. */
static bool take_root(OrdersKeys *keys, const json_t *record, GError **error)
{
        const char *root = json_string_value(json_object_get(record, "root"));
        const char *text = json_string_value(json_object_get(record, "keys"));
        const char *medium = json_string_value(json_object_get(record, "medium"));
        if (!root || !text || g_strcmp0(medium, keys->medium) != 0)
                return true;
        gsize size = 0;
        g_autofree guchar *bytes = g_base64_decode(text, &size);
        g_autofree char *path = place_keyring(keys, "root.pgp", bytes, size, error);
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
        keys->record = g_build_filename(conf->state_directory, "state", "root.json", NULL);
        if (!read_medium(keys, error) || !read_root(keys, only_look, told, error))
                return NULL;
        return g_steal_pointer(&keys);
}

/* With all of its keyring, the root key among them being pinned by its fingerprint. */
bool orders_keys_keep(OrdersKeys *keys, const Trust *trust, GError **error)
{
        if (g_strcmp0(keys->kept_root, trust->root) == 0)
                return true;
        g_autofree char *text =
                g_base64_encode(g_bytes_get_data(trust->keyring, NULL), g_bytes_get_size(trust->keyring));
        g_autoptr(json_t) record =
                json_pack("{s:s, s:s, s:s}", "medium", keys->medium, "root", trust->root, "keys", text);
        if (!record_write(keys->record, record, error))
                return false;
        g_free(keys->kept_root);
        keys->kept_root = g_strdup(trust->root);
        return true;
}

bool orders_keys_follow(OrdersKeys *keys, const Trust *trust, GError **error)
{
        g_autofree char *path = place_keyring(keys, "keys.pgp", g_bytes_get_data(trust->keyring, NULL),
                                              g_bytes_get_size(trust->keyring), error);
        if (!path)
                return false;
        char **places[] = {&keys->root_keyring, &keys->release_keyring, &keys->list_keyring};
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
                g_free(*places[i]);
                *places[i] = g_strdup(path);
        }
        g_free(keys->root);
        keys->root = g_strdup(trust->root);
        return true;
}
