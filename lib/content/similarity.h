/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of many old pieces does a new one resemble? Similarity keeps some features of the old ones: places
 * where a rolling hash over 64 bytes has a rare value, wherever in a piece they stand. */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Similarity Similarity;

/* For old pieces of together `total_bytes`; the more there are, the fewer features of each are kept.
 * Memory: at most 33 MiB. */
Similarity *similarity_new(uint64_t total_bytes);
void similarity_free(Similarity *similarity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Similarity, similarity_free)

/* Remember piece `number`. Any thread; the order does not matter: of equal features the lowest number's
 * stays.
 */
void similarity_add(Similarity *similarity, uint32_t number, const uint8_t *bytes, size_t size);

/* Append, for each feature of these bytes that an old piece has, the number of that piece (uint32_t).
 * Any thread, after all similarity_add(). */
void similarity_match(const Similarity *similarity, const uint8_t *bytes, size_t size, GArray *numbers);
