/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What gpgv said lately, so that a program which looks at the same messages all the time need not ask again.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

/* No longer than this, so that a key which expires meanwhile is noticed. */
enum { SIGNATURE_MEMORY_SECONDS = 3600, SIGNATURE_MEMORY_ENTRIES = 4 };

/* What an answer belongs to: these bytes of a message under these of a keyring. */
void signature_memory_key(GBytes *message, GBytes *keyring, uint8_t key[DIGEST_BYTES]);

/* `status` and `text` get what gpgv wrote, owned; false: nothing is known. Threads: any, as for the next. */
bool signature_recall(const uint8_t key[DIGEST_BYTES], char **status, GBytes **text);

/* Keep it in memory, in the place of what was used longest ago. */
void signature_remember(const uint8_t key[DIGEST_BYTES], const char *status, GBytes *text);
