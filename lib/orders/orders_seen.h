/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last serial and the newest date that each key has signed. They count only while the key is valid, so they
 * are kept by signer. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

typedef enum { SEEN_LIST, SEEN_TRUST } SeenKind;

typedef struct OrdersSeen OrdersSeen;

/* Read the record at `path`, or begin an empty one. A record made for other keys of the medium (their digest is
 * `medium`) is dropped. A torn record is reported in `told`, and put aside unless `only_look`. Errors: SYSTEM. */
OrdersSeen *orders_seen_load(const char *path, const char *medium, bool only_look, GPtrArray *told,
                             GError **error);
void orders_seen_free(OrdersSeen *seen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OrdersSeen, orders_seen_free)

/* The greatest serial that any of `signers` (fingerprints; NULL: anybody) has signed, 0 for none; `sha256`
 * gets the digest of that text. */
int64_t orders_seen_serial(const OrdersSeen *seen, SeenKind kind, const char *const *signers,
                           uint8_t sha256[DIGEST_BYTES]);

/* True if a text of that digest is the last one that any key has signed. */
bool orders_seen_has(const OrdersSeen *seen, SeenKind kind, const uint8_t sha256[DIGEST_BYTES]);

/* The newest date that `signer` (NULL: anybody) has signed, 0 for none. */
int64_t orders_seen_date(const OrdersSeen *seen, const char *signer);

/* Note an accepted text. A lower serial or an older date changes nothing. */
void orders_seen_note(OrdersSeen *seen, SeenKind kind, const char *signer, int64_t serial,
                      const uint8_t sha256[DIGEST_BYTES]);
void orders_seen_note_date(OrdersSeen *seen, const char *signer, int64_t date);

/* Write the record, if anything was noted. Errors: NO_SPACE, SYSTEM. */
bool orders_seen_save(OrdersSeen *seen, GError **error);
