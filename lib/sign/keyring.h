/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Picks public keys in OpenPGP form (RFC 4880, 11.1) by their fingerprints. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Returns: owned keyring of the keys of the binary `keyring` whose primary fingerprint is in `fingerprints` (40
 * upper-case hex digits, NULL-terminated), each with its subkeys, user ids and signatures. Leaves out keys of other
 * versions than 4. Errors: UNTRUSTED if it holds none of them, or is not a sequence of packets with definite lengths.
 * */
GBytes *keyring_pick(GBytes *keyring, const char *const *fingerprints, GError **error);
