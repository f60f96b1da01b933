/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the old pieces that a new piece resembles. Similarity keeps some features of the old pieces: rare values
 * of a rolling hash over 64 bytes, at any offset in a piece. */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Similarity Similarity;

/* Make an empty Similarity for old pieces of `total_bytes` together. The more bytes, the fewer features of each piece
 * are kept. Memory: at most 33 MiB. */
Similarity *similarity_new(uint64_t total_bytes);
void similarity_free(Similarity *similarity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Similarity, similarity_free)

/* Remember piece `number`. Of equal features, the feature of the piece with the lowest number stays, so the
 * order of calls does not matter. Any thread. */
void similarity_add(Similarity *similarity, uint32_t number, const uint8_t *bytes, size_t size);

/* Append, for each feature of these bytes that an old piece has, the number of that piece (uint32_t).
 * Any thread, after all similarity_add(). */
void similarity_match(const Similarity *similarity, const uint8_t *bytes, size_t size, GArray *numbers);
