/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ext4 file system in an image file, made without mounting it (mke2fs, then libext2fs) and without
 * anything of the machine or the moment in it: the same nodes added in the same order give the same bytes.
 * What is zero stays a hole. */
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

/* Give up to `max` next bytes of a file's content: their number, 0 at the end, -1 with `error` set. */
typedef gssize (*Ext4Read)(void *data, void *buffer, size_t max, GError **error);

/* Make the file `path` with an empty file system of `size_bytes`, named by `uuid` (text form), all times
 * `now_s`. Errors: NOT_FOUND without mke2fs, NO_SPACE, SYSTEM. */
bool ext4_make(const char *path, uint64_t size_bytes, const char *uuid, int64_t now_s, GError **error);

/* Open what ext4_make() made. ext4_close() writes the rest out; ext4_free() only lets go. Errors: SYSTEM. */
Ext4 *ext4_open(const char *path, int64_t now_s, GError **error);
bool ext4_close(Ext4 *fs, GError **error);
void ext4_free(Ext4 *fs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ext4, ext4_free)

/* Add a node; its parent directory must be there. A regular file has `size` bytes from `read`; else both are
 * unused. Errors: CONFLICT if the file system is full; SYSTEM; what `read` gives. */
bool ext4_add(Ext4 *fs, const Ext4Node *node, uint64_t size, Ext4Read read, void *data, GError **error);

/* Change what is known of a node later. Errors: NOT_FOUND, SYSTEM. */
bool ext4_set_time(Ext4 *fs, const char *path, int64_t time_s, GError **error);
bool ext4_set_xattr(Ext4 *fs, const char *path, const char *name, const void *value, size_t size,
                    GError **error);
