/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by ext4.c (nodes) and ext4_content.c (content). */
#pragma once

#include <ext2fs/ext2fs.h>

#include "ext4.h"

struct Ext4 {
        ext2_filsys fs;
        GHashTable *inodes; /* path to inode number, of directories */
};

/* Fail with libext2fs's message if `result` is not 0. Errors: CONFLICT if the file system is full, SYSTEM. */
bool ext4_check(errcode_t result, const char *what, const char *path, GError **error);

/* Write the content of a new regular file into blocks that are allocated at once. Errors: as ext4_add(). */
bool ext4_write_file(ext2_filsys fs, const Ext4Node *node, ext2_ino_t ino, uint64_t size, Ext4Read read,
                     void *data, GError **error);
