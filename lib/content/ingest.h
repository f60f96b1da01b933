/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a blob into a depot: chunks that the catalog lacks go into packs, and all chunks into an index. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog.h"
#include "index.h"
#include "pack.h"
#include "progress.h"

/* Sums over one or more blobs. Sizes in bytes. */
typedef struct {
        uint64_t blob_bytes; /* of the blobs, holes included */
        uint64_t chunks;     /* zero chunks included */
        uint64_t zero_chunks;
        uint64_t new_chunks;   /* not in the depot before */
        uint64_t new_bytes;    /* their content */
        uint64_t packed_bytes; /* their frames */
} IngestStats;

/* Chunk the file `path`, add new chunks to `packs` (whose catalog is `catalog`), write the index to
 * `index_path`, and add to `stats`. Errors: NOT_FOUND, CONFLICT if the file changes meanwhile, NO_SPACE,
 * SYSTEM. */
bool ingest_blob(const char *path, Catalog *catalog, PackWriter *packs, const char *index_path,
                 IngestStats *stats, Progress *progress, GError **error);

/* Chunk the file `path`, write its index to `index_path`, and add to `stats` (may be NULL); no packs. Errors:
 * as ingest_blob(). */
bool ingest_index_only(const char *path, const char *index_path, IngestStats *stats, Progress *progress,
                       GError **error);
