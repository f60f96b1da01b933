/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packs (formats.md, "Pack"): the frames of one publication's new chunks, in image order, named by their
 * SHA-256. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"

#define PACK_MAX_BYTES ((size_t)256 << 20)

/* A finished pack that waits in the temporary directory for its final name. */
typedef struct {
        uint32_t number; /* in the catalog */
        char *name;      /* SHA-256 in hex */
        char *path;      /* of its temporary file, synced */
        char *list_path; /* of its chunk list */
        uint64_t bytes;
} PackFile;

typedef struct PackWriter PackWriter;

/* Make a writer of packs in `directory` (private, same file system as the depot). It adds the place of each
 * chunk to `catalog`. */
PackWriter *pack_writer_new(const char *directory, Catalog *catalog);
bool pack_writer_add(PackWriter *writer, const ChunkId *id, const uint8_t *frame, uint32_t size,
                     GError **error);

/* Finish the last pack. Returns all packs (PackFile, owned by the writer). Errors: NO_SPACE, SYSTEM. */
const GPtrArray *pack_writer_finish(PackWriter *writer, GError **error);
void pack_writer_free(PackWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackWriter, pack_writer_free)
