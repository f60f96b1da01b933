/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A delta whose sources are files of this machine: checks their content, and opens windows with them. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "delta.h"
#include "locator.h"

/* A file and the index that describes it; the file may differ. Borrowed. */
typedef struct {
        const char *path;
        const Index *index;
        uint8_t digest[32]; /* index_digest(index) */
} DeltaSeed;

typedef struct DeltaSource DeltaSource;

/* True if every source of `delta` is among the seeds, by the digest of its index. */
bool deltasource_fits(const LocatorDelta *delta, const DeltaSeed *seeds, size_t count);

/* Open the sources of `delta`, which fits, and check its table. All arguments are borrowed until
 * deltasource_free(). Errors: CORRUPT if the table does not fit the indexes, NOT_FOUND or SYSTEM if a seed
 * is absent or cannot be opened. */
DeltaSource *deltasource_open(const LocatorDelta *delta, const DeltaSeed *seeds, size_t count,
                              DeltaBlobs targets, GError **error);
void deltasource_free(DeltaSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DeltaSource, deltasource_free)

const LocatorDelta *deltasource_delta(const DeltaSource *source);
const DeltaTable *deltasource_table(const DeltaSource *source);

/* Read the prefixes of `windows` (uint32_t), and remember the chunks in them that differ from the index. A
 * window that needs such a chunk is not usable. Each chunk is read once, on all cores. Returns: the number of
 * unusable windows; if there are any, `why` gets the first reason. */
guint deltasource_check(DeltaSource *source, const GArray *windows, GError **why);
bool deltasource_is_usable(const DeltaSource *source, uint32_t window);

/* Open the frame of a window. Returns: owned content of `content_bytes`, whose chunks the caller checks.
 * Memory: at most 24 MiB. Errors: CORRUPT if the frame is not the window's, CONFLICT or SYSTEM if a seed cannot be
 * read. */
uint8_t *deltasource_decode(const DeltaSource *source, uint32_t window, const uint8_t *frame, GError **error);
