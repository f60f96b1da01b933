/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenPGP packets (RFC 4880, 4.2), as spans into the bytes that hold them. Pure. */
#pragma once

#include <stdbool.h>

#include "deb822.h"

enum { PACKET_SIGNATURE = 2, PACKET_PUBLIC_KEY = 6 };

typedef struct {
        int tag;
        Span body;
        Span whole; /* with the header */
} Packet;

/* Cut the next packet off `rest`, in the old or the new format. Returns: false if the bytes are not a packet, the
 * packet is cut short, or its length is partial or absent; both outputs are then unspecified. */
bool packet_take(Span *rest, Packet *packet);
