/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a frame: never more content than expected is written, whatever the frame claims. */
#include "frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const ChunkId id;
        if (size < 3)
                return 0;
        uint32_t length = (uint32_t)(data[0] | data[1] << 8 | (data[2] & 3) << 16);
        g_autofree uint8_t *content = g_malloc(length + 1);
        frame_open(data + 3, size - 3, &id, content, length, NULL);
        return 0;
}
