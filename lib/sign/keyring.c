/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keyring.h"

#include <stdint.h>

#include "deb822.h"
#include "errors.h"

enum { TAG_PUBLIC_KEY = 6, KEY_VERSION = 4, KEY_MAX_BYTES = 65535 };

typedef struct {
        int tag;
        Span body;
        Span whole; /* with the header */
} Packet;

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

/* RFC 4880, 4.2.2. A partial length is refused: no key has one. */
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

/* RFC 4880, 4.2.1. A length that is not given is refused. */
static bool take_old_length(Span *rest, uint8_t header, size_t *length)
{
        uint8_t kind = header & 3;
        return kind < 3 && take_number(rest, (size_t)1 << kind, length);
}

static bool take_packet(Span *rest, Packet *packet)
{
        const char *start = rest->text;
        size_t header = 0, length = 0;
        if (!take_number(rest, 1, &header) || !(header & 0x80))
                return false;
        bool is_new = header & 0x40;
        if (!(is_new ? take_new_length(rest, &length) : take_old_length(rest, (uint8_t)header, &length)) ||
            length > rest->size)
                return false;
        packet->tag = is_new ? header & 0x3f : (header & 0x3c) >> 2;
        packet->body = (Span){rest->text, length};
        *rest = (Span){rest->text + length, rest->size - length};
        packet->whole = (Span){start, (size_t)(rest->text - start)};
        return true;
}

/* Returns: owned fingerprint of a primary key (RFC 4880, 12.2), or NULL for another version than 4. */
static char *fingerprint_of(Span key)
{
        if (key.size == 0 || key.size > KEY_MAX_BYTES || key.text[0] != KEY_VERSION)
                return NULL;
        const guchar head[] = {0x99, (guchar)(key.size >> 8), (guchar)key.size};
        g_autoptr(GChecksum) sha1 = g_checksum_new(G_CHECKSUM_SHA1);
        g_checksum_update(sha1, head, sizeof head);
        g_checksum_update(sha1, (const guchar *)key.text, (gssize)key.size);
        return g_ascii_strup(g_checksum_get_string(sha1), -1);
}

GBytes *keyring_pick(GBytes *keyring, const char *const *fingerprints, GError **error)
{
        g_autoptr(GByteArray) picked = g_byte_array_new();
        Span rest = span_of(keyring);
        bool is_wanted = false;
        while (rest.size > 0) {
                Packet packet = {0};
                if (!take_packet(&rest, &packet)) {
                        fail(error, LAUTTA_ERROR_UNTRUSTED, "it is no keyring in binary OpenPGP form");
                        return NULL;
                }
                if (packet.tag == TAG_PUBLIC_KEY) {
                        g_autofree char *fingerprint = fingerprint_of(packet.body);
                        is_wanted = fingerprint && g_strv_contains(fingerprints, fingerprint);
                }
                if (is_wanted)
                        g_byte_array_append(picked, (const guint8 *)packet.whole.text,
                                            (guint)packet.whole.size);
        }
        if (picked->len == 0) {
                fail(error, LAUTTA_ERROR_UNTRUSTED, "it does not hold the public key %s", fingerprints[0]);
                return NULL;
        }
        return g_byte_array_free_to_bytes(g_steal_pointer(&picked));
}
