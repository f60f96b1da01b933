/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifying a trust.list: by the root key that is known, and by the one that it names. */
#pragma once

#include "trust.h"

/* Verify `message` with the root key in the file `keyring` (`pinned`: its fingerprint, or NULL for any of the
 * file), and read it. Where it names another root key, that one must have signed, too. `sha256` gets the
 * digest of its text. Errors: UNTRUSTED with the rule that failed, CORRUPT, NOT_FOUND for the keyring or
 * gpgv, SYSTEM. */
Trust *trust_open(GBytes *message, const char *keyring, const char *pinned, uint8_t sha256[DIGEST_BYTES],
                  GError **error);
