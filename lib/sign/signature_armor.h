/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The armored block of a clear-signed message (RFC 4880, 6.2). gpgv reads every packet in such a block, also
 * compressed ones that unfold without end, so only signatures may be in one. Pure. */
#pragma once

#include <stdbool.h>

#include "deb822.h"
#include "errors.h"

enum { SIGNATURE_BLOCK_MAX_BYTES = 64 * 1024, SIGNATURE_BLOCK_MAX_PACKETS = 64 };

/* True if the lines between the BEGIN and END lines of a signature hold 1 to SIGNATURE_BLOCK_MAX_PACKETS
 * signature packets and nothing else. The block's checksum is optional and not looked at.
 * Errors: UNTRUSTED with the rule that failed. */
bool signature_armor_check(Span lines, GError **error);
