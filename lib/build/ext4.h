/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Make an ext4 file system in an image file without mounting it (mke2fs, then libext2fs). Nothing of the
 * machine or the clock gets into it: the same nodes in the same order give the same bytes. Zeros stay holes.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Ext4 Ext4;

typedef struct {
        const char *path; /* without a leading slash; "" is the root directory */
        unsigned mode;    /* with the type, as in st_mode */
        unsigned uid, gid;
        int64_t time_s;        /* all times of the node */
        unsigned major, minor; /* of a device */
        const char *target;    /* of a symlink; of a hard link (mode 0) the path */
} Ext4Node;

/* Read the next bytes of a file's content, at most `max`. Returns: their number; 0 at the end; -1 with
 * `error` set. */
typedef gssize (*Ext4Read)(void *data, void *buffer, size_t max, GError **error);

/* Make the file `path` with an empty file system of `size_bytes` and the UUID `uuid` (text form); all times
 * are `now_s`. Errors: NOT_FOUND without mke2fs, NO_SPACE, SYSTEM. */
bool ext4_make(const char *path, uint64_t size_bytes, const char *uuid, int64_t now_s, GError **error);

/* Open a file of ext4_make(). ext4_close() writes the rest and frees; ext4_free() only frees. Errors: SYSTEM.
 */
Ext4 *ext4_open(const char *path, int64_t now_s, GError **error);
bool ext4_close(Ext4 *fs, GError **error);
void ext4_free(Ext4 *fs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ext4, ext4_free)

/* Add a node; its parent directory must exist. `read` gives the `size` bytes of a regular file; both are
 * unused for others. Errors: CONFLICT if the file system is full; SYSTEM; those of `read`. */
bool ext4_add(Ext4 *fs, const Ext4Node *node, uint64_t size, Ext4Read read, void *data, GError **error);

/* Change a node that was added. Errors: NOT_FOUND, SYSTEM. */
bool ext4_set_time(Ext4 *fs, const char *path, int64_t time_s, GError **error);
bool ext4_set_xattr(Ext4 *fs, const char *path, const char *name, const void *value, size_t size,
                    GError **error);
