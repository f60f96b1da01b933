/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The chunk list of one pack: id and frame size of each of its chunks, in order (formats.md, "Chunk list"). It
 * is the publisher's own file, and can always be made again from the pack. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "chunk.h"

typedef struct {
        ChunkId id;
        uint32_t frame_size; /* little-endian as stored */
} ChunkListEntry;
G_STATIC_ASSERT(sizeof(ChunkListEntry) == 36);

/* Returns: owned entries (host order), in pack order. Errors: NOT_FOUND, CORRUPT (torn or altered), SYSTEM.
 */
GArray *chunklist_load(const char *path, GError **error);
bool chunklist_save(const char *path, const GArray *entries, GError **error);

/* Read the pack itself, frame by frame. Errors: CORRUPT, SYSTEM. */
GArray *chunklist_from_pack(const char *pack_path, GError **error);
