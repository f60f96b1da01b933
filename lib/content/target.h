/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One blob that is being assembled in a partial file, chunk by chunk, and the check of a finished blob. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "index.h"

typedef struct {
        const Index *index; /* borrowed */
        char *path;
        int fd;
        uint8_t *have;    /* a flag for each chunk; a worker writes only those it works on */
        bool only_look;   /* write nothing; `fd` is -1 if there is no file */
        bool write_zeros; /* missing stretches may not be holes: write zeros, too */
        gint written;     /* blocks, counted by all workers (atomic) */
} Target;

/* Open or create `path`, give it the size of the blob, and find its correct chunks (on all cores).
 * `present_bytes` gets their data. With `only_look` the file stays as it is, and target_write() only notes
 * the chunk. Errors: NO_SPACE, SYSTEM. */
Target *target_open(const Index *index, const char *path, bool only_look, uint64_t *present_bytes,
                    GError **error);
void target_free(Target *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Target, target_free)

/* Write chunk `i`, checked by the caller, leaving out blocks of zeros. Errors: NO_SPACE, SYSTEM. */
bool target_write(Target *target, size_t i, const uint8_t *content, GError **error);

/* Share the blocks of `source_fd` at `source_offset` as the `count` chunks from `first` on, then check the
 * result. `have` gets the correct chunks; others are cleared again. `*supported` is false if this pair of
 * files cannot share. Errors: SYSTEM. */
bool target_clone(Target *target, size_t first, size_t count, int source_fd, uint64_t source_offset,
                  bool *supported, GError **error);

/* `complete` gets true if the file `path` holds exactly the blob of `index`; an absent file does not. Stops at
 * the first difference. Errors: SYSTEM. */
bool target_is_complete(const Index *index, const char *path, bool *complete, GError **error);
