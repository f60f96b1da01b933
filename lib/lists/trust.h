/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trust.list names the valid keys; the root key signs it (docs/formats-fleet.md, "trust.list"). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

enum {
        TRUST_MAX_BYTES = 512 * 1024,
        TRUST_KEYS_MAX = 16, /* of a kind */
        TRUST_KEYRING_MAX_BYTES = 256 * 1024,
};

/* Fingerprints are of primary keys: 40 upper-case hex digits. */
typedef struct {
        int64_t serial;
        int64_t date; /* this and the next in Unix seconds */
        int64_t valid_until;
        char *root;
        GStrv release_keys; /* at least one, as in the next */
        GStrv list_keys;
        GBytes *keyring; /* the public keys themselves, in binary form */
} Trust;

/* Read the verified text; messages call it `name`. Errors: CORRUPT with the fault. */
Trust *trust_parse(GBytes *text, const char *name, GError **error);

/* Returns: owned text, which trust_parse() reads back. */
GBytes *trust_format(const Trust *trust);

void trust_free(Trust *trust);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trust, trust_free)

/* True if both name the same keys and carry them. */
bool trust_is_same(const Trust *a, const Trust *b);

typedef enum {
        TRUST_OBEY,         /* these keys are valid, and no others */
        TRUST_EXPIRED,      /* these keys are valid, but nothing new is installed */
        TRUST_SERIAL_LOWER, /* this and the next: refuse, keep the previous one */
        TRUST_SERIAL_REUSED,
} TrustVerdict;

/* Decide about a trust.list with a good signature. Pure. `seen_serial` is 0 for none. Times are Unix seconds; the time
 * is the latest of `now`, `newest_date` (seen in anything signed) and the date of `trust`. Sets `error`, with
 * UNTRUSTED, for all verdicts but TRUST_OBEY. */
TrustVerdict trust_judge(const Trust *trust, const uint8_t sha256[DIGEST_BYTES], int64_t seen_serial,
                         const uint8_t seen_sha256[DIGEST_BYTES], int64_t now, int64_t newest_date,
                         GError **error);
