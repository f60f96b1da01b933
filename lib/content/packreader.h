/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads single chunks of packs of this machine. The number of open packs is bounded. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog.h"

typedef struct PackReader PackReader;

/* Reads packs of `catalog` (borrowed) in the directory `packs`. */
PackReader *pack_reader_new(Catalog *catalog, const char *packs);
void pack_reader_free(PackReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackReader, pack_reader_free)

/* Read pack number `pack` from `path` instead of the directory. Call before any read. */
void pack_reader_set_path(PackReader *reader, uint32_t pack, const char *path);

/* Find the place of a chunk; false if no pack has it. Any thread. */
bool pack_reader_find(PackReader *reader, const ChunkId *id, ChunkPlace *place);

/* Read the frame at `place` (of the catalog), unchecked, into `frame`. Any thread. Errors: CORRUPT if the pack
 * ends too early, NOT_FOUND if the pack is absent, SYSTEM. */
bool pack_reader_frame(PackReader *reader, ChunkPlace place, uint8_t *frame, GError **error);

/* Read the chunk of that id and length into `content`, checked. Any thread. Errors: CORRUPT if no pack has the
 * chunk or its frame is damaged, NOT_FOUND if its pack is absent, SYSTEM. */
bool pack_reader_read(PackReader *reader, const ChunkId *id, uint32_t length, uint8_t *content,
                      GError **error);
