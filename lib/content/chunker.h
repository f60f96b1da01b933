/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides where chunks end (formats.md, "Chunks"): a pure function of the content, block by block. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes that chunker_next() must see to decide, unless the image ends earlier. */
enum { CHUNKER_LOOKAHEAD_BYTES = 256 * 1024 + 64 * 1024 };

typedef enum {
        CUT_DATA,  /* a data chunk of the returned length */
        CUT_ZEROS, /* a zero run begins here; the returned length ends with `data`, the caller finds the end */
} CutKind;

/* Returns the length of the first chunk of `data`, which begins at a chunk boundary. `size` is at least
 * CHUNKER_LOOKAHEAD_BYTES, or all remaining bytes; > 0. */
size_t chunker_next(const uint8_t *data, size_t size, CutKind *kind);

/* The number of bytes in whole zero blocks that `data` begins with. */
size_t chunker_zero_prefix(const uint8_t *data, size_t size);

/* True for `size` zero bytes; size > 0. */
bool bytes_are_zero(const uint8_t *data, size_t size);
