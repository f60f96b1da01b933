/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the text of a trust.list: refused, or within its bounds, and written back with the same
 * meaning. */
#include <string.h>

#include "trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(Trust) trust = trust_parse(bytes, "fuzz", &error);
        g_assert((trust == NULL) == (error != NULL));
        if (!trust)
                return 0;
        g_assert(g_strv_length(trust->release_keys) > 0 &&
                 g_strv_length(trust->release_keys) <= TRUST_KEYS_MAX);
        g_assert(g_bytes_get_size(trust->keyring) <= TRUST_KEYRING_MAX_BYTES && strlen(trust->root) == 40);
        g_autoptr(GBytes) text = trust_format(trust);
        g_autoptr(Trust) again = trust_parse(text, "fuzz", NULL);
        g_assert(again && trust_is_same(trust, again) && trust->serial == again->serial);
        const uint8_t digest[DIGEST_BYTES] = {0};
        g_assert(trust_judge(trust, digest, trust->serial, digest, 0, 0, NULL) == TRUST_OBEY);
        return 0;
}
