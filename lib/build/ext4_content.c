/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "errors.h"
#include "ext4_private.h"

enum { BLOCK_BYTES = 4096, RUN_BLOCKS = 256 };

/* Fill `buffer`; only at the end of the content with fewer bytes. */
static gssize read_full(Ext4Read read, void *data, char *buffer, size_t size, GError **error)
{
        size_t have = 0;
        while (have < size) {
                gssize n = read(data, buffer + have, size - have, error);
                if (n < 0)
                        return -1;
                if (n == 0)
                        break;
                have += (size_t)n;
        }
        return (gssize)have;
}

static bool is_zero(const char *block)
{
        return block[0] == 0 && memcmp(block, block + 1, BLOCK_BYTES - 1) == 0;
}

/* Write the blocks that are not zero, adjacent ones at once. */
static errcode_t write_blocks(ext2_filsys fs, ext2_ino_t ino, blk64_t first, const char *buffer,
                              unsigned count)
{
        struct ext2_inode inode;
        errcode_t result = ext2fs_read_inode(fs, ino, &inode);
        blk64_t begin = 0;
        unsigned run = 0;
        for (unsigned i = 0; i <= count && !result; i++) {
                blk64_t block = 0;
                const char *content = buffer + (size_t)i * BLOCK_BYTES;
                if (i < count && !is_zero(content))
                        result = ext2fs_bmap2(fs, ino, &inode, NULL, 0, first + i, NULL, &block);
                if (run > 0 && block == begin + run) {
                        run++;
                        continue;
                }
                if (run > 0 && !result)
                        result = io_channel_write_blk64(fs->io, begin, (int)run,
                                                        content - (size_t)run * BLOCK_BYTES);
                begin = block;
                run = block ? 1 : 0;
        }
        return result;
}

static bool write_content(ext2_filsys fs, const Ext4Node *node, ext2_ino_t ino, uint64_t size, Ext4Read read,
                          void *data, GError **error)
{
        g_autofree char *buffer = g_malloc(RUN_BLOCKS * BLOCK_BYTES);
        for (uint64_t at = 0; at < size;) {
                size_t want = (size_t)MIN(size - at, RUN_BLOCKS * BLOCK_BYTES);
                gssize have = read_full(read, data, buffer, want, error);
                if (have < 0)
                        return false;
                if ((size_t)have < want)
                        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' ends early", node->path);
                unsigned blocks = (unsigned)((want + BLOCK_BYTES - 1) / BLOCK_BYTES);
                memset(buffer + want, 0, blocks * BLOCK_BYTES - want);
                if (!ext4_check(write_blocks(fs, ino, at / BLOCK_BYTES, buffer, blocks), "write", node->path,
                                error))
                        return false;
                at += want;
        }
        return true;
}

bool ext4_write_file(ext2_filsys fs, const Ext4Node *node, ext2_ino_t ino, uint64_t size, Ext4Read read,
                     void *data, GError **error)
{
        struct ext2_inode inode;
        if (size == 0)
                return true;
        if (!ext4_check(ext2fs_read_inode(fs, ino, &inode), "read", node->path, error) ||
            !ext4_check(ext2fs_inode_size_set(fs, &inode, (ext2_off64_t)size), "write", node->path, error) ||
            !ext4_check(ext2fs_fallocate(fs, EXT2_FALLOCATE_FORCE_INIT, ino, &inode, ~0ULL, 0,
                                         (size + BLOCK_BYTES - 1) / BLOCK_BYTES),
                        "find room for", node->path, error) ||
            !ext4_check(ext2fs_write_inode(fs, ino, &inode), "write", node->path, error))
                return false;
        return write_content(fs, node, ino, size, read, data, error);
}
