/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A casync chunk store: a directory where the frame of each chunk is the file abcd/ID.cacnk. Others may read
 * it at any time: a chunk is there as a whole, or not at all, also after a power cut. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "chunk.h"

typedef struct Castr Castr;

/* Open or make the store `path`; waits for another call that writes to it, and takes away what one that was
 * killed left. Errors: NO_SPACE, SYSTEM. */
Castr *castr_open(const char *path, GError **error);

/* Drops what was put and not committed. */
void castr_free(Castr *castr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Castr, castr_free)

/* Is the chunk there for readers? */
bool castr_has(const Castr *castr, const ChunkId *id);

/* Add a chunk, of which `frame` must be a frame of its content; readers see it after a while, at the latest
 * after castr_commit(). Any thread. Errors: NO_SPACE, SYSTEM. */
bool castr_put(Castr *castr, const ChunkId *id, const uint8_t *frame, uint32_t size, GError **error);

/* Make all that was put durable and visible. Errors: NO_SPACE, SYSTEM. */
bool castr_commit(Castr *castr, GError **error);

/* Chunks that were put, and the bytes of their frames. */
void castr_stats(const Castr *castr, uint64_t *chunks, uint64_t *bytes);
