/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packet.h"

#include <stdint.h>

static bool take_number(Span *rest, size_t octets, size_t *number)
{
        if (rest->size < octets)
                return false;
        *number = 0;
        for (size_t i = 0; i < octets; i++)
                *number = *number << 8 | (uint8_t)rest->text[i];
        *rest = (Span){rest->text + octets, rest->size - octets};
        return true;
}

/* RFC 4880, 4.2.2. Partial lengths begin at 224. */
static bool take_new_length(Span *rest, size_t *length)
{
        size_t second = 0;
        if (!take_number(rest, 1, length))
                return false;
        if (*length < 192)
                return true;
        if (*length == 255)
                return take_number(rest, 4, length);
        if (*length >= 224 || !take_number(rest, 1, &second))
                return false;
        *length = ((*length - 192) << 8) + second + 192;
        return true;
}

/* RFC 4880, 4.2.1. Kind 3 gives no length. */
static bool take_old_length(Span *rest, uint8_t header, size_t *length)
{
        uint8_t kind = header & 3;
        return kind < 3 && take_number(rest, (size_t)1 << kind, length);
}

bool packet_take(Span *rest, Packet *packet)
{
        const char *start = rest->text;
        size_t header = 0, length = 0;
        if (!take_number(rest, 1, &header) || !(header & 0x80))
                return false;
        bool is_new = header & 0x40;
        if (!(is_new ? take_new_length(rest, &length) : take_old_length(rest, (uint8_t)header, &length)) ||
            length > rest->size)
                return false;
        packet->tag = (int)(is_new ? header & 0x3f : (header & 0x3c) >> 2);
        packet->body = (Span){rest->text, length};
        *rest = (Span){rest->text + length, rest->size - length};
        packet->whole = (Span){start, (size_t)(rest->text - start)};
        return true;
}
