/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256, whole or in pieces (OpenSSL, which uses the processor's SHA instructions where it has them). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 32, DIGEST_HEX_CHARS = 64 };

/* SHA-256 of `size` bytes into `digest` (32 bytes). Never fails. */
void digest_sha256(const void *data, size_t size, uint8_t digest[DIGEST_BYTES]);

/* SHA-256 of `count` pieces, each into its own 32 bytes, side by side in the lanes of vector registers where
 * that is faster: best with a dozen or more, the longest first. Never fails. */
typedef struct {
        const void *data;
        size_t size;
        uint8_t *digest;
} DigestPiece;
void digest_sha256_many(const DigestPiece *pieces, size_t count);

/* SHA-256 in pieces. Only digest_free() may follow digest_finish(). */
typedef struct Digest Digest;
Digest *digest_new(void);
void digest_update(Digest *digest, const void *data, size_t size);
void digest_finish(Digest *digest, uint8_t out[DIGEST_BYTES]);
void digest_free(Digest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Digest, digest_free)

/* Returns: owned lower-case hex of the 32 bytes. */
char *digest_to_hex(const uint8_t digest[DIGEST_BYTES]);

/* Exactly 64 lower-case hex digits and then the end; anything else is false, `digest` untouched. */
bool digest_from_hex(const char *hex, uint8_t digest[DIGEST_BYTES]);
