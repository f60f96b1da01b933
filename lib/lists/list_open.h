/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifying a list: from the message as it lies in a depot to what it says. What a host makes of that:
 * list_judge.h. */
#pragma once

#include "list.h"

/* Verify `message` by the public keys in the file `keyring`, of which one with a fingerprint in `pinned`
 * (NULL-terminated; NULL: any) must have signed, and read it; `name` stands for it in messages. `signer` (may
 * be NULL) gets the owned fingerprint of who signed, `sha256` (may be NULL) the digest of the text. Errors:
 * UNTRUSTED with the rule that failed, CORRUPT, NOT_FOUND for the keyring or gpgv, SYSTEM. */
List *list_open(GBytes *message, const char *name, const char *keyring, const char *const *pinned,
                char **signer, uint8_t sha256[DIGEST_BYTES], GError **error);
