/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Content-Range field of a 206 answer (RFC 9110, 14.4). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CONTENT_RANGE_UNKNOWN_TOTAL UINT64_MAX

typedef struct {
        uint64_t first; /* offset of the first byte */
        uint64_t last;  /* offset of the last byte, >= first */
        uint64_t total; /* size of the whole file, > last; CONTENT_RANGE_UNKNOWN_TOTAL for "*" */
} ContentRange;

/* Parse exactly "bytes FIRST-LAST/TOTAL" or "bytes FIRST-LAST/" and an asterisk. Returns: false for any other or
 * contradictory text; `range` is then unchanged. */
bool content_range_parse(const char *text, ContentRange *range);
