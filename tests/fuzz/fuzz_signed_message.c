/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a clear-signed message, as the block of a signature and as a keyring: refused, or one block from the
 * first byte to the last, and signatures alone in it. */
#include <stdint.h>
#include <string.h>

#include "signature.h"
#include "signature_armor.h"

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
        Span block = span_of(bytes);
        bool is_block = signature_armor_check(block, NULL);
        g_assert(!is_block || (size > 4 && memchr(data, '\n', size)));
        g_autoptr(GBytes) keyring = signature_dearmor(bytes, NULL);
        g_assert(!keyring || (g_bytes_get_size(keyring) > 0 && g_bytes_get_size(keyring) <= size));
        return 0;
}
