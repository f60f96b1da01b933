/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifies clear-signed messages with gpgv. Its status lines are the verdict, never its exit status. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { SIGNATURE_MESSAGE_MAX_BYTES = 4 * 1024 * 1024, SIGNATURE_KEYRING_MAX_BYTES = 1024 * 1024 };

/* Verify `message` against the public keys in the file `keyring` (binary or armored). `pinned`: primary fingerprints
 * (40 hex digits, NULL-terminated), one of which must have signed; NULL or empty: any key of the file. A wrong clock
 * does not matter. Signatures of unknown keys in addition to a good one are ignored. Returns: owned signed text,
 * without the rest of the message; `fingerprint` (may be NULL) gets the signer's owned primary fingerprint. Errors:
 * UNTRUSTED with the rule that failed, CORRUPT if gpgv crashes on the message or takes too long for it, NOT_FOUND for
 * the keyring or gpgv, TRY_AGAIN if gpgv hangs, SYSTEM. */
GBytes *signature_open(GBytes *message, const char *keyring, const char *const *pinned, char **fingerprint,
                       GError **error);

/* Returns: owned text of a message without any verification, the same bytes as from signature_open(): for listing a
 * depot whose key is not available. Errors: UNTRUSTED as for signature_check_form(). */
GBytes *signature_open_unverified(GBytes *message, GError **error);

/* Pure. True if the message is exactly one clear-signed block of text, with nothing before or after it, and its armor
 * holds only signatures. Errors: UNTRUSTED with the line or the rule. */
bool signature_check_form(GBytes *message, GError **error);

/* Pure. Judge the lines that gpgv wrote to its status file descriptor. `fingerprint` as for signature_open(). Errors:
 * UNTRUSTED with the rule that failed. */
bool signature_judge(const char *status, const char *const *pinned, char **fingerprint, GError **error);

/* Pure. Returns: owned binary form of a keyring that may be armored (then of all its blocks). Errors: UNTRUSTED if it
 * holds no public key. */
GBytes *signature_dearmor(GBytes *keyring, GError **error);
