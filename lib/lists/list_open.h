/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifies and reads the message of a list from a depot. list_judge.h decides what the host does with it. */
#pragma once

#include "list.h"

/* Verify `message` with the public keys in the file `keyring`, and read it. A key with a fingerprint in `pinned`
 * (NULL-terminated; NULL: any) must have signed. Messages call the list `name`. `signer` (may be NULL) gets the
 * signer's owned fingerprint, `sha256` (may be NULL) the digest of the text. Errors: UNTRUSTED with the rule that
 * failed, CORRUPT, NOT_FOUND for the keyring or gpgv, SYSTEM. */
List *list_open(GBytes *message, const char *name, const char *keyring, const char *const *pinned,
                char **signer, uint8_t sha256[DIGEST_BYTES], GError **error);
