/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a file from front to back and cuts it into chunks, batch by batch, without reading holes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
        int fd;
        const char *name;
        uint64_t size_bytes;
        uint64_t at;            /* the next chunk begins here */
        uint64_t zero_run_left; /* bytes left of a zero run that begins at `at` */
        gint64 mtime_ns;
} Cutter;

/* One chunk of a batch: `data` is its place in the batch's buffer, or SIZE_MAX for zeros. */
typedef struct {
        uint32_t length;
        size_t data;
} Cut;

enum { CUTTER_BATCH_BYTES = (1024 + 320) * 1024, CUTTER_BATCH_CHUNKS = 1024 };

/* `fd` and `name` are borrowed. Errors: USAGE above 16 TiB, SYSTEM. */
bool cutter_init(Cutter *cutter, int fd, const char *name, GError **error);

/* Cut the next batch into `cuts` (room for CUTTER_BATCH_CHUNKS), its data into `buffer` (CUTTER_BATCH_BYTES).
 * `count` 0 is the end. Errors: CONFLICT if the file changed since cutter_init(), SYSTEM. */
bool cutter_next(Cutter *cutter, uint8_t *buffer, Cut *cuts, size_t *count, GError **error);
