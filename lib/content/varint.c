/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "varint.h"

#include <string.h>

void varint_put(GByteArray *out, uint64_t value)
{
        do {
                guint8 byte = (guint8)(value & 127);
                value >>= 7;
                byte = (guint8)(value ? byte | 128 : byte);
                g_byte_array_append(out, &byte, 1);
        } while (value);
}

bool cursor_varint(Cursor *cursor, uint64_t max, uint64_t *value)
{
        uint64_t sum = 0;
        for (unsigned shift = 0; shift < 63 && cursor->at < cursor->end; shift += 7) {
                uint8_t byte = *cursor->at++;
                sum |= (uint64_t)(byte & 127) << shift;
                if (!(byte & 128)) {
                        *value = sum;
                        return sum <= max;
                }
        }
        return false;
}

bool cursor_bytes(Cursor *cursor, void *out, size_t size)
{
        if ((size_t)(cursor->end - cursor->at) < size)
                return false;
        memcpy(out, cursor->at, size);
        cursor->at += size;
        return true;
}
