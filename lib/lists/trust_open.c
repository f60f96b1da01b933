/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust_open.h"

#include <string.h>

#include "errors.h"
#include "files.h"
#include "signature.h"

/* The new root key must sign as well, so that no key becomes root by mistake or against its holder's will. */
static bool check_new_root(GBytes *message, GBytes *text, const Trust *trust, GError **error)
{
        g_autotempdir directory = directory_make_temporary(error);
        if (!directory)
                return false;
        g_autofree char *keyring = g_build_filename(directory, "keys", NULL);
        const char *const pinned[] = {trust->root, NULL};
        if (!file_write_atomically(keyring, g_bytes_get_data(trust->keyring, NULL),
                                   g_bytes_get_size(trust->keyring), 0600, error))
                return false;
        g_autoptr(GBytes) again = signature_open(message, keyring, pinned, NULL, error);
        if (!again) {
                g_prefix_error(error, "the new root key %s: ", trust->root);
                return false;
        }
        return g_bytes_equal(again, text) ||
               fail(error, LAUTTA_ERROR_UNTRUSTED, "the new root key %s signed another text", trust->root);
}

Trust *trust_open(GBytes *message, const char *keyring, const char *pinned, uint8_t sha256[DIGEST_BYTES],
                  GError **error)
{
        const char *const pins[] = {pinned, NULL};
        g_autofree char *signer = NULL;
        g_autoptr(GBytes) text = signature_open(message, keyring, pins, &signer, error);
        g_autoptr(Trust) trust = text ? trust_parse(text, "trust.list", error) : NULL;
        if (!trust || (strcmp(trust->root, signer) != 0 && !check_new_root(message, text, trust, error)))
                return NULL;
        digest_sha256(g_bytes_get_data(text, NULL), g_bytes_get_size(text), sha256);
        return g_steal_pointer(&trust);
}
