/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a locator: refused, or its places lie within its packs and it is written back alike. */
#include "locator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(Locator) locator = locator_parse(bytes, 1 << 16, "fuzz", NULL);
        if (!locator)
                return 0;
        g_autoptr(GBytes) written = locator_serialize(locator);
        g_autoptr(Locator) again = locator_parse(written, 1 << 16, "fuzz", NULL);
        g_assert(again && locator_pack_count(again) == locator_pack_count(locator));
        return 0;
}
