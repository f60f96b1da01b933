/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a locator: refused, or its places lie within its packs and it is written back alike,
 * deltas included. */
#include <string.h>

#include "locator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_delta(const LocatorDelta *a, const LocatorDelta *b)
{
        g_assert(a->source_count > 0 && a->source_count <= LOCATOR_MAX_BLOBS);
        g_assert(a->source_count == b->source_count && a->bytes == b->bytes);
        g_assert(memcmp(a->sources, b->sources, a->source_count * sizeof a->sources[0]) == 0);
        g_assert(strcmp(a->name, b->name) == 0 && g_bytes_equal(a->table, b->table));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(Locator) locator = locator_parse(bytes, 1 << 16, "fuzz", NULL);
        if (!locator)
                return 0;
        g_autoptr(GBytes) written = locator_serialize(locator);
        g_autoptr(Locator) again = locator_parse(written, 1 << 16, "fuzz", NULL);
        g_assert(again && locator_pack_count(again) == locator_pack_count(locator));
        g_assert(locator_delta_count(again) == locator_delta_count(locator));
        for (size_t i = 0; i < locator_delta_count(locator); i++)
                check_delta(locator_delta(locator, i), locator_delta(again, i));
        return 0;
}
