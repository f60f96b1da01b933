/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running gpg in our own home or in the user's: one process at a time, and no agent left behind. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { GPG_OWN, GPG_USER } GpgWhich;

typedef struct GpgHome GpgHome;

/* GPG_OWN: $LAUTTA_HOME/gnupg, made if need be (mode 0700) and locked against other processes of ours; its
 * path may be longer than the agent's socket allows. GPG_USER: $GNUPGHOME or ~/.gnupg, as it is. Errors:
 * NOT_FOUND if the user has none, SYSTEM. */
GpgHome *gpg_open(GpgWhich which, GError **error);

/* Ends the agent of our own home; the user's stays. */
void gpg_close(GpgHome *home);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GpgHome, gpg_close)

/* Run gpg in batch mode with `arguments` (NULL-terminated) and `input` (or NULL).
 * Returns: owned standard output. Errors: NOT_FOUND without gpg, SYSTEM with what it says. */
GBytes *gpg_run(GpgHome *home, const char *const *arguments, GBytes *input, GError **error);

/* The primary fingerprint of the usable secret key of that fingerprint or user id (NULL: the first of all),
 * or NULL without an error where there is none. Returns: owned. Errors: UNTRUSTED if it has expired or is
 * revoked, SYSTEM. */
char *gpg_find_secret(GpgHome *home, const char *wanted, GError **error);

/* Returns: owned primary fingerprints of the public keys in the file at `path`, in their order, at least one.
 * Errors: CORRUPT if it holds none, NOT_FOUND without gpg, SYSTEM. */
GStrv gpg_show_keys(const char *path, GError **error);

/* Pure: the primary fingerprint of the first secret key in `gpg --with-colons` output whose fingerprint (or
 * that of a subkey) or user id is `wanted`; `validity` gets its letter. Returns: owned, or NULL. */
char *gpg_parse_secret(const char *colons, const char *wanted, char *validity);
