/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clear-signed messages, verified with gpgv: its status lines are the verdict, never its exit status. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { SIGNATURE_MESSAGE_MAX_BYTES = 4 * 1024 * 1024, SIGNATURE_KEYRING_MAX_BYTES = 1024 * 1024 };

/* Verify `message` against the public keys in the file `keyring` (binary or armored). `pinned`: primary
 * fingerprints (40 hex digits, NULL-terminated) of which one must have signed; NULL or empty: any key of the
 * file. A clock that is wrong does not matter. Signatures of unknown keys beside a good one are ignored.
 * Returns: owned text that was signed, and nothing else of the message; `fingerprint` (may be NULL) gets the
 * owned primary fingerprint of who signed. Errors: UNTRUSTED with the rule that failed, CORRUPT if gpgv dies
 * of the message or takes too long over it, NOT_FOUND for the keyring or gpgv, TRY_AGAIN if gpgv hangs,
 * SYSTEM. */
GBytes *signature_open(GBytes *message, const char *keyring, const char *const *pinned, char **fingerprint,
                       GError **error);

/* The text of a message without any verification, the same bytes as signature_open() would return: for looking at a
 * depot whose key one does not have.
 * Errors: UNTRUSTED as for signature_check_form(). */
GBytes *signature_open_unverified(GBytes *message, GError **error);

/* Pure: the message is exactly one clear-signed block of text, nothing before or after it, and its armor
 * holds signatures alone. Errors: UNTRUSTED with the line or the rule. */
bool signature_check_form(GBytes *message, GError **error);

/* Pure: the verdict on what gpgv wrote to its status file descriptor. `fingerprint` as for signature_open().
 * Errors: UNTRUSTED with the rule that failed. */
bool signature_judge(const char *status, const char *const *pinned, char **fingerprint, GError **error);

/* Pure. Returns: owned binary form of a keyring that may be armored (then every block of it).
 * Errors: UNTRUSTED if it holds no public key. */
GBytes *signature_dearmor(GBytes *keyring, GError **error);
