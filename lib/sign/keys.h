/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's OpenPGP keys in $LAUTTA_HOME (root, release and list key), and signing with them. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { FINGERPRINT_CHARS = 40 };

/* Primary fingerprints: 40 upper-case hex digits. */
typedef struct {
        char *root;
        char *release;
        char *list;
        /* All valid keys, never NULL: the current one, then former ones that were not withdrawn. */
        GStrv roots, releases, lists;
        bool is_public; /* $LAUTTA_HOME has no keys.conf: its public files say which keys these are */
} Keys;

/* Make the missing ones of the three keys, or take existing ones: a field of `wanted` (itself and any field may be
 * NULL) is the fingerprint of a secret key in $LAUTTA_HOME/gnupg or in the user's own GnuPG home. Keeps existing keys,
 * and completes an interrupted call. Writes keys.conf and the public root.pgp, release.pgp, lists.pgp. Returns: owned.
 * Errors: NOT_FOUND for a fingerprint without secret key, CONFLICT if `wanted` names another key than the one in use,
 * USAGE for a malformed fingerprint. */
Keys *keys_init(const Keys *wanted, GError **error);

/* Returns: owned keys as keys_init() left them, or, without keys.conf, those of root.pgp, release.pgp and lists.pgp,
 * which suffice to sign with one of them. Errors: NOT_FOUND with what to do. */
Keys *keys_load(GError **error);

void keys_free(Keys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keys, keys_free)

/* Returns: owned absolute path of the public keyring "root", "release" or "lists". */
char *keys_public_path(const char *role);

/* Make a new key for a role ("root", "release" or "list"), or take the existing one of fingerprint `wanted` (NULL:
 * make); it signs from now on. The previous key stays valid. Returns: owned keys after the change. Errors: USAGE for
 * another role or a malformed fingerprint, NOT_FOUND for a fingerprint without secret key, CONFLICT if the key signs
 * already or has another role. */
Keys *keys_rotate(const char *role, const char *wanted, GError **error);

/* Withdraw a former key of the role, which is then no longer valid. Returns: owned keys after the change. Errors:
 * USAGE, NOT_FOUND if it is not a former key, CONFLICT if it is the key that signs. */
Keys *keys_withdraw(const char *role, const char *fingerprint, GError **error);

/* Returns: owned public keys of all roles in binary form. Errors: NOT_FOUND, SYSTEM. */
GBytes *keys_public(GError **error);

/* Clear-sign `text` (SHA-512). Returns: owned message. Errors: NOT_FOUND if the secret key is gone, SYSTEM.
 */
GBytes *keys_sign(const char *fingerprint, GBytes *text, GError **error);

/* Signs many texts with one or more keys of one GnuPG home. */
typedef struct KeySigner KeySigner;

/* `fingerprints`: of keys_load(), NULL-terminated. Errors: CONFLICT if the keys lie in two homes, SYSTEM. */
KeySigner *key_signer_open(const char *const *fingerprints, GError **error);

/* Sign as keys_sign() does, with a signature by each key. */
GBytes *key_signer_sign(KeySigner *signer, GBytes *text, GError **error);

void key_signer_free(KeySigner *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeySigner, key_signer_free)
