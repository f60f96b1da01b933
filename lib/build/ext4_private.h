/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two halves of ext4.h share: nodes and their content. */
#pragma once

#include <ext2fs/ext2fs.h>

#include "ext4.h"

struct Ext4 {
        ext2_filsys fs;
        GHashTable *inodes; /* path to inode number, of directories */
};

/* False with what libext2fs says, for a result that is not 0; a full file system is CONFLICT. */
bool ext4_check(errcode_t result, const char *what, const char *path, GError **error);

/* Write the content of a new regular file in blocks allocated at once. Errors: as ext4_add(). */
bool ext4_write_file(ext2_filsys fs, const Ext4Node *node, ext2_ino_t ino, uint64_t size, Ext4Read read,
                     void *data, GError **error);
