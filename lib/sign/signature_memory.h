/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers gpgv's recent answers, so that a program which reads the same messages all the time need not run it again.
 * */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

/* An answer is kept for a limited time, so that a key's expiry is noticed. */
enum { SIGNATURE_MEMORY_SECONDS = 3600, SIGNATURE_MEMORY_ENTRIES = 4 };

/* Set `key` to the digest of a message and a keyring, which an answer belongs to. */
void signature_memory_key(GBytes *message, GBytes *keyring, uint8_t key[DIGEST_BYTES]);

/* Set `status` and `text` to gpgv's remembered output, owned. Returns: false if there is none. Both functions are safe
 * on any thread. */
bool signature_recall(const uint8_t key[DIGEST_BYTES], char **status, GBytes **text);

/* Remember an answer, in place of the least recently used one. */
void signature_remember(const uint8_t key[DIGEST_BYTES], const char *status, GBytes *text);
