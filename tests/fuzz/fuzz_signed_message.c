/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a clear-signed message and as a keyring: refused, or one block from the first byte to the
 * last. */
#include <stdint.h>
#include <string.h>

#include "signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----\n";
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(GBytes) text = signature_open_unverified(bytes, NULL);
        if (text) {
                g_assert(size > strlen(begin) && memcmp(data, begin, strlen(begin)) == 0);
                g_assert(g_bytes_get_size(text) < size);
        }
        g_autoptr(GBytes) keyring = signature_dearmor(bytes, NULL);
        g_assert(!keyring || (g_bytes_get_size(keyring) > 0 && g_bytes_get_size(keyring) <= size));
        return 0;
}
