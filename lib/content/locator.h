/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The locator of a service version: the pack of each chunk of its blobs, and the deltas that lead to it from
 * other versions (formats.md, "Locator").
 * A locator is not signed: chunks are checked against the signed index, so a wrong locator only costs time. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"
#include "index.h"

enum { LOCATOR_MAX_BYTES = 64 * 1024 * 1024, LOCATOR_MAX_BLOBS = 16, LOCATOR_MAX_DELTAS = 64 };

typedef struct Locator Locator;

Locator *locator_new(void);
void locator_free(Locator *locator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Locator, locator_free)

/* Add a blob whose data chunks are all in `catalog`. Errors: CORRUPT if a chunk is not. */
bool locator_add_blob(Locator *locator, const Index *index, Catalog *catalog, GError **error);

/* A delta that leads to this version. */
typedef struct {
        char *name;     /* of its file: SHA-256 in hex */
        uint64_t bytes; /* of its file */
        size_t source_count;
        uint8_t sources[LOCATOR_MAX_BLOBS][32]; /* SHA-256 of the source indexes, in the order of blobs */
        GBytes *table;                          /* its windows (delta.h) */
} LocatorDelta;

/* Add a copy of `delta`. */
void locator_add_delta(Locator *locator, const LocatorDelta *delta);

/* Returns: owned bytes of the file. */
GBytes *locator_serialize(const Locator *locator);

/* Parse the file of a locator. `max_chunks` bounds the chunks of its blobs together, and so the memory; the
 * signed indexes give the bound. `name` is for messages. Errors: CORRUPT for anything but a well-
 * formed locator. */
Locator *locator_parse(GBytes *bytes, size_t max_chunks, const char *name, GError **error);

/* The packs that the locator names: SHA-256 in hex (owned by the locator), and size. */
size_t locator_pack_count(const Locator *locator);
const char *locator_pack_name(const Locator *locator, size_t i);
uint64_t locator_pack_bytes(const Locator *locator, size_t i);

/* The places of the data chunks of `index`, in its order, zero chunks left out; owned by the locator.
 * NULL if the locator does not know that index. */
const ChunkPlace *locator_places(const Locator *locator, const Index *index, size_t *count);

/* The deltas, owned by the locator. */
size_t locator_delta_count(const Locator *locator);
const LocatorDelta *locator_delta(const Locator *locator, size_t i);
