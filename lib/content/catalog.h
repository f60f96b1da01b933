/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The chunks of a depot and their places, read from the chunk lists of its packs. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chunk.h"

/* The place of a chunk's frame. `pack` counts the packs of this catalog. */
typedef struct {
        uint32_t pack;
        uint32_t offset;
        uint32_t size;
} ChunkPlace;

typedef struct Catalog Catalog;

Catalog *catalog_new(void);
void catalog_free(Catalog *catalog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Catalog, catalog_free)

/* The files that a catalog is read from. `keep` gets each chunk list that was missing or damaged and was made
 * again from the pack `name`; NULL keeps none. */
typedef struct {
        const char *packs; /* directory of NAME.pack */
        const char *lists; /* directory of NAME.chunks */
        bool (*keep)(void *user, const char *name, const GArray *entries, GError **error);
        void *user;
} CatalogSource;

/* Read the chunk list (formats.md, "Chunk list") of each pack, or the pack itself if it has no good list.
 * Errors: CORRUPT if a pack is damaged, SYSTEM. */
Catalog *catalog_load(const CatalogSource *source, GError **error);

/* Add to `catalog`, in the same way, the packs in the set `names` (`among` is true), or all other packs. A chunk
 * that has a place already keeps it. */
bool catalog_extend(Catalog *catalog, const CatalogSource *source, GHashTable *names, bool among,
                    GError **error);

/* Find the place of a chunk. Safe from any thread while another thread adds. */
bool catalog_find(Catalog *catalog, const ChunkId *id, ChunkPlace *place);
void catalog_add(Catalog *catalog, const ChunkId *id, ChunkPlace place);

/* The number of a chunk, below catalog_count(), as long as nothing is added; or CATALOG_NONE. */
enum { CATALOG_NONE = 0xffffffff };
uint32_t catalog_number(const Catalog *catalog, const ChunkId *id);
ChunkPlace catalog_place(const Catalog *catalog, uint32_t number);

/* Packs by number, from 0: SHA-256 name in hex, or NULL for a pack that is still being written. */
uint32_t catalog_add_pack(Catalog *catalog, const char *name);
void catalog_name_pack(Catalog *catalog, uint32_t pack, const char *name);
const char *catalog_pack_name(const Catalog *catalog, uint32_t pack);
uint32_t catalog_pack_count(const Catalog *catalog);
uint64_t catalog_pack_bytes(const Catalog *catalog, uint32_t pack);

/* Returns the number of different chunks in the catalog. */
size_t catalog_count(const Catalog *catalog);
