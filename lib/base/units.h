/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes and durations as people write them, read strictly, and printed for people. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Read a size. "256M" is 268435456: decimal digits without a leading zero, then at most one of K M G T (powers of 1024).
 * Errors: USAGE with the allowed form; `bytes` untouched. */
bool size_parse(const char *text, uint64_t *bytes, GError **error);

/* Read a duration, like "120s", "5m", "2h" or "30d": digits without a leading zero, then exactly one unit.
 * Errors: USAGE with the allowed form; `seconds` untouched. */
bool duration_parse(const char *text, uint64_t *seconds, GError **error);

/* Read decimal digits without sign or leading zero, within [min, max]. Errors: USAGE with the range. */
bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value, GError **error);

/* Returns: owned, like "498 MB" (powers of 1000, three significant digits). */
char *size_format(uint64_t bytes);

/* Returns: owned UTC time of the form 2026-11-22T11:00:00Z. */
char *time_format(int64_t unix_seconds);

/* Read exactly that form, from 1970 to 9999. Errors: USAGE with the form; `unix_seconds` untouched. */
bool time_parse(const char *text, int64_t *unix_seconds, GError **error);
