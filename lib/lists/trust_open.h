/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifies a trust.list with the known root key, and with the one that it names. */
#pragma once

#include "trust.h"

/* Verify `message` with the root key in the file `keyring` (`pinned`: its fingerprint, or NULL for any of the file),
 * and read it. If it names another root key, that key must have signed as well. `sha256` gets the digest of its text.
 * Errors: UNTRUSTED with the rule that failed, CORRUPT, NOT_FOUND for the keyring or gpgv, SYSTEM. */
Trust *trust_open(GBytes *message, const char *keyring, const char *pinned, uint8_t sha256[DIGEST_BYTES],
                  GError **error);
