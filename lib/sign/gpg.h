/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs gpg in Lautta's own home or in the user's: one process at a time, and without leaving an agent behind. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { GPG_OWN, GPG_USER } GpgWhich;

typedef struct GpgHome GpgHome;

/* GPG_OWN: $LAUTTA_HOME/gnupg, made if absent (mode 0700) and locked against other processes of Lautta; its path may be
 * longer than the agent's socket allows. GPG_USER: $GNUPGHOME or ~/.gnupg, unchanged. Errors: NOT_FOUND if the user has
 * none, SYSTEM. */
GpgHome *gpg_open(GpgWhich which, GError **error);

/* End the agent of Lautta's own home; the user's keeps running. */
void gpg_close(GpgHome *home);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GpgHome, gpg_close)

/* Run gpg in batch mode with `arguments` (NULL-terminated) and `input` (or NULL). Returns: owned standard output.
 * Errors: NOT_FOUND without gpg, SYSTEM with gpg's words. */
GBytes *gpg_run(GpgHome *home, const char *const *arguments, GBytes *input, GError **error);

/* Returns: owned primary fingerprint of the usable secret key of that fingerprint or user id (NULL: of the first key);
 * NULL without an error if there is none. Errors: UNTRUSTED if the key has expired or is revoked, SYSTEM. */
char *gpg_find_secret(GpgHome *home, const char *wanted, GError **error);

/* Returns: owned primary fingerprints of the public keys in the file at `path`, in their order, at least one.
 * Errors: CORRUPT if it holds none, NOT_FOUND without gpg, SYSTEM. */
GStrv gpg_show_keys(const char *path, GError **error);

/* Pure. Returns: owned primary fingerprint of the first secret key in `gpg --with-colons` output whose fingerprint (or
 * that of a subkey) or user id is `wanted`, or NULL. `validity` gets its letter. */
char *gpg_parse_secret(const char *colons, const char *wanted, char *validity);
