/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an index: refused, or every chunk follows the rules. */
#include "index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(Index) index = index_parse(bytes, "fuzz", NULL);
        uint64_t sum = 0;
        for (size_t i = 0; index && i < index_count(index); i++) {
                uint32_t length = index_length(index, i);
                g_assert(length > 0 && length <= CHUNK_ZERO_MAX_BYTES);
                g_assert(length <= CHUNK_DATA_MAX_BYTES || index_is_zero(index, i));
                g_assert(index_offset(index, i) == sum);
                sum += length;
        }
        g_assert(!index || sum == index_blob_bytes(index));
        return 0;
}
