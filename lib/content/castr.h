/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A casync chunk store: a directory where the frame of each chunk is the file abcd/ID.cacnk. Others may read
 * it at any time: a chunk is present as a whole or absent, also after a power cut. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "chunk.h"

typedef struct Castr Castr;

/* Open or make the store `path`. Waits for another call that writes to the store, and removes the leftovers of
 * a killed call. Errors: NO_SPACE, SYSTEM. */
Castr *castr_open(const char *path, GError **error);

/* Drop the chunks that were put and not committed. */
void castr_free(Castr *castr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Castr, castr_free)

/* True if readers can see the chunk. */
bool castr_has(const Castr *castr, const ChunkId *id);

/* Add a chunk; `frame` must be a frame of its content. Readers see the chunk after castr_commit() at the
 * latest. Any thread. Errors: NO_SPACE, SYSTEM. */
bool castr_put(Castr *castr, const ChunkId *id, const uint8_t *frame, uint32_t size, GError **error);

/* Make all chunks that were put durable and visible. Errors: NO_SPACE, SYSTEM. */
bool castr_commit(Castr *castr, GError **error);

/* The number of chunks that were put, and the bytes of their frames. */
void castr_stats(const Castr *castr, uint64_t *chunks, uint64_t *bytes);
