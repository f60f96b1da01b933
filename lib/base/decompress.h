/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gzip, bzip2, xz, lzma, lz4 and zstd streams in memory, recognised by their first bytes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* True if `data` begins as one of those streams does. */
bool is_compressed(const void *data, size_t size);

/* Decompress the stream that `data` begins with; bytes after the stream are ignored. Returns: owned content.
 * Errors: CORRUPT if there is no stream, it breaks off, or it gives more than `max_bytes`. */
GByteArray *decompress(const void *data, size_t size, size_t max_bytes, GError **error);
