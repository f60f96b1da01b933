/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Public keys in OpenPGP form (RFC 4880, 11.1), picked by their fingerprints. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Returns: owned keyring of those keys of the binary `keyring` whose primary fingerprint is in `fingerprints`
 * (40 upper-case hex digits, NULL-terminated), with all that follows each of them: subkeys, user ids,
 * signatures. Keys of other versions than 4 are left out.
 * Errors: UNTRUSTED if it holds none of them, or is no sequence of packets with definite lengths. */
GBytes *keyring_pick(GBytes *keyring, const char *const *fingerprints, GError **error);
