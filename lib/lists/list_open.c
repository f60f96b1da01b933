/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list_open.h"

#include "signature.h"

List *list_open(GBytes *message, const char *name, const char *keyring, const char *const *pinned,
                char **signer, uint8_t sha256[DIGEST_BYTES], GError **error)
{
        g_autofree char *who = NULL;
        g_autoptr(GBytes) text = signature_open(message, keyring, pinned, &who, error);
        if (!text) {
                g_prefix_error(error, "%s: ", name);
                return NULL;
        }
        List *list = list_parse(text, name, error);
        if (list && signer)
                *signer = g_steal_pointer(&who);
        if (list && sha256)
                digest_sha256(g_bytes_get_data(text, NULL), g_bytes_get_size(text), sha256);
        return list;
}
