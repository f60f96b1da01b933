/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of many old pieces does a new one resemble? A sketch remembers some features of the old ones: places
 * where a rolling hash over 64 bytes has a rare value, wherever in a piece they stand. */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Sketch Sketch;

/* For old pieces of together `total_bytes`; the more there are, the fewer features of each are kept.
 * Memory: at most 33 MiB. */
Sketch *sketch_new(uint64_t total_bytes);
void sketch_free(Sketch *sketch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sketch, sketch_free)

/* Remember piece `number`. Any thread; the order does not matter: of equal features the lowest number's
 * stays.
 */
void sketch_add(Sketch *sketch, uint32_t number, const uint8_t *bytes, size_t size);

/* Append, for each feature of these bytes that an old piece has, the number of that piece (uint32_t).
 * Any thread, after all sketch_add(). */
void sketch_match(const Sketch *sketch, const uint8_t *bytes, size_t size, GArray *numbers);
