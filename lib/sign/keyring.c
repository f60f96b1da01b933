/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keyring.h"

#include <stdint.h>

#include "errors.h"
#include "packet.h"

enum { KEY_VERSION = 4, KEY_MAX_BYTES = 65535 };

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
                if (!packet_take(&rest, &packet)) {
                        fail(error, LAUTTA_ERROR_UNTRUSTED, "it is no keyring in binary OpenPGP form");
                        return NULL;
                }
                if (packet.tag == PACKET_PUBLIC_KEY) {
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
