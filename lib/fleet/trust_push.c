/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust_push.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "files.h"
#include "home.h"
#include "keys.h"
#include "layout.h"
#include "signature.h"
#include "trust_open.h"
#include "tree.h"

/* Load the trust.list that was signed last; NULL without an error if there is none. The one in $LAUTTA_HOME
 * is believed by its signature alone, whatever its date. */
static bool load_before(const Keys *keys, GBytes **message, Trust **before, GError **error)
{
        g_autofree char *path = home_path(LAYOUT_TRUST);
        g_autofree char *keyring = keys_public_path("root");
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
                return true;
        uint8_t sha256[DIGEST_BYTES];
        *message = file_read(path, SIGNATURE_MESSAGE_MAX_BYTES, error);
        g_autoptr(GError) why = NULL;
        *before = *message ? trust_open(*message, keyring, NULL, sha256, &why) : NULL;
        if (!*message || *before)
                return *before != NULL;
        /* After a change of the root key, the last trust.list is signed by the previous one. */
        g_autoptr(GBytes) text = signature_open_unverified(*message, error);
        *before = text ? trust_parse(text, path, error) : NULL;
        if (*before && g_strv_contains((const char *const *)keys->roots, (*before)->root))
                return true;
        if (*before)
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s': %s; if it is of other keys, move it away", path,
                     why->message);
        g_clear_pointer(before, trust_free);
        return false;
}

/* Returns: owned trust list of the current keys, without a serial. */
static Trust *make(const Keys *keys, int64_t now, int64_t valid_s, GError **error)
{
        GBytes *keyring = keys_public(error);
        if (!keyring)
                return NULL;
        Trust *trust = g_new0(Trust, 1);
        trust->date = now;
        trust->valid_until = now + valid_s;
        trust->root = g_strdup(keys->root);
        trust->release_keys = g_strdupv(keys->releases);
        trust->list_keys = g_strdupv(keys->lists);
        trust->keyring = keyring;
        return trust;
}

static GBytes *sign(const Keys *keys, const Trust *trust, GError **error)
{
        g_autoptr(KeySigner) signer = key_signer_open((const char *const *)keys->roots, error);
        g_autoptr(GBytes) text = trust_format(trust);
        g_autoptr(GBytes) message = signer ? key_signer_sign(signer, text, error) : NULL;
        g_autofree char *path = home_path(LAYOUT_TRUST);
        if (message && file_write_atomically(path, g_bytes_get_data(message, NULL), g_bytes_get_size(message),
                                             0644, error))
                return g_steal_pointer(&message);
        g_prefix_error(error, "trust.list must be signed by the root key: ");
        return NULL;
}

GBytes *trust_push_sign(int64_t valid_s, bool *is_new, Trust **trust, GError **error)
{
        g_autoptr(Keys) keys = keys_load(error);
        g_autoptr(GBytes) message = NULL;
        g_autoptr(Trust) before = NULL;
        if (!keys || !load_before(keys, &message, &before, error))
                return NULL;
        int64_t now = g_get_real_time() / G_USEC_PER_SEC;
        g_autoptr(Trust) made = make(keys, now, valid_s, error);
        if (!made)
                return NULL;
        *is_new = !before || !trust_is_same(before, made) ||
                  before->valid_until - now < (before->valid_until - before->date) / 3;
        if (*is_new) {
                made->serial = MAX(before ? before->serial + 1 : 1, now);
                g_clear_pointer(&message, g_bytes_unref);
                message = sign(keys, made, error);
        }
        if (message && trust)
                *trust = *is_new ? g_steal_pointer(&made) : g_steal_pointer(&before);
        return g_steal_pointer(&message);
}

bool trust_push_place(Repository *repository, GBytes *message, int64_t serial, GError **error)
{
        g_autofree char *temporary = g_build_filename(repository_tmp(repository), LAYOUT_TRUST, NULL);
        /* Web servers compare a file's time to see a change, as with lists. */
        const struct timespec times[] = {{.tv_sec = serial}, {.tv_sec = serial}};
        if (!file_write_atomically(temporary, g_bytes_get_data(message, NULL), g_bytes_get_size(message),
                                   0644, error))
                return false;
        utimensat(AT_FDCWD, temporary, times, 0);
        return tree_place(repository_tree(repository), temporary, LAYOUT_TRUST, error);
}
