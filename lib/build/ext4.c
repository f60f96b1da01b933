/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ext4.h"

#include <errno.h>
#include <et/com_err.h>
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "ext4_private.h"

bool ext4_check(errcode_t result, const char *what, const char *path, GError **error)
{
        if (result == 0)
                return true;
        bool full = result == EXT2_ET_BLOCK_ALLOC_FAIL || result == EXT2_ET_INODE_ALLOC_FAIL;
        LauttaErrorCode code = full               ? LAUTTA_ERROR_CONFLICT
                               : result == ENOSPC ? LAUTTA_ERROR_NO_SPACE
                                                  : LAUTTA_ERROR_SYSTEM;
        return fail(error, code, "cannot %s '%s' in the file system: %s", what, path,
                    full ? "it is full" : error_message(result));
}

Ext4 *ext4_open(const char *path, int64_t now_s, GError **error)
{
        g_autoptr(Ext4) fs = g_new0(Ext4, 1);
        initialize_ext2_error_table();
        fs->inodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        if (!ext4_check(ext2fs_open(path, EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs->fs),
                        "open", path, error) ||
            !ext4_check(ext2fs_read_bitmaps(fs->fs), "read the bitmaps of", path, error))
                return NULL;
        fs->fs->now = (time_t)now_s;
        g_hash_table_insert(fs->inodes, g_strdup(""), GUINT_TO_POINTER(EXT2_ROOT_INO));
        return g_steal_pointer(&fs);
}

/* The inode tables are holes of a new file, so zero: mark them so, and no machine zeroes them again. */
static void mark_tables_zeroed(ext2_filsys fs)
{
        for (dgrp_t group = 0; group < fs->group_desc_count; group++) {
                ext2fs_bg_flags_set(fs, group, EXT2_BG_INODE_ZEROED);
                ext2fs_group_desc_csum_set(fs, group);
        }
        ext2fs_mark_super_dirty(fs);
}

bool ext4_close(Ext4 *fs, GError **error)
{
        mark_tables_zeroed(fs->fs);
        return ext4_check(ext2fs_close_free(&fs->fs), "write", "", error);
}

void ext4_free(Ext4 *fs)
{
        if (!fs)
                return;
        if (fs->fs)
                ext2fs_free(fs->fs);
        g_clear_pointer(&fs->inodes, g_hash_table_unref);
        g_free(fs);
}

static ext2_ino_t find(Ext4 *fs, const char *path)
{
        ext2_ino_t ino = GPOINTER_TO_UINT(g_hash_table_lookup(fs->inodes, path));
        if (ino)
                return ino;
        g_autofree char *directory = g_path_get_dirname(path);
        g_autofree char *name = g_path_get_basename(path);
        ext2_ino_t parent =
                GPOINTER_TO_UINT(g_hash_table_lookup(fs->inodes, strcmp(directory, ".") ? directory : ""));
        if (!parent || ext2fs_lookup(fs->fs, parent, name, (int)strlen(name), NULL, &ino) != 0)
                return 0;
        return ino;
}

static bool find_node(Ext4 *fs, const char *path, ext2_ino_t *ino, GError **error)
{
        *ino = find(fs, path);
        return *ino ? true : fail(error, LAUTTA_ERROR_NOT_FOUND, "no '%s' in the file system", path);
}

/* Find the parent's inode and the last part of the path. */
static bool split(Ext4 *fs, const char *path, ext2_ino_t *parent, const char **name, GError **error)
{
        const char *slash = strrchr(path, '/');
        g_autofree char *directory = slash ? g_strndup(path, (size_t)(slash - path)) : g_strdup("");
        *name = slash ? slash + 1 : path;
        *parent = GPOINTER_TO_UINT(g_hash_table_lookup(fs->inodes, directory));
        return *parent ? true
                       : fail(error, LAUTTA_ERROR_NOT_FOUND, "no directory '%s' in the file system",
                              directory);
}

static int directory_type(unsigned mode)
{
        switch (mode & S_IFMT) {
        case S_IFREG:
                return EXT2_FT_REG_FILE;
        case S_IFCHR:
                return EXT2_FT_CHRDEV;
        case S_IFBLK:
                return EXT2_FT_BLKDEV;
        case S_IFIFO:
                return EXT2_FT_FIFO;
        case S_IFSOCK:
                return EXT2_FT_SOCK;
        default:
                return EXT2_FT_UNKNOWN;
        }
}

/* Enter an inode into a directory, which grows if it is full. */
static errcode_t link_inode(ext2_filsys fs, ext2_ino_t parent, const char *name, ext2_ino_t ino, int type)
{
        errcode_t result = ext2fs_link(fs, parent, name, ino, type);
        if (result != EXT2_ET_DIR_NO_SPACE)
                return result;
        result = ext2fs_expand_dir(fs, parent);
        return result ? result : ext2fs_link(fs, parent, name, ino, type);
}

static void set_owner_and_times(struct ext2_inode *inode, const Ext4Node *node)
{
        inode->i_mode = (__u16)node->mode;
        inode->i_uid = (__u16)node->uid;
        inode->i_gid = (__u16)node->gid;
        ext2fs_set_i_uid_high(*inode, (__u16)(node->uid >> 16));
        ext2fs_set_i_gid_high(*inode, (__u16)(node->gid >> 16));
        inode->i_atime = inode->i_ctime = inode->i_mtime = (__u32)node->time_s;
}

static errcode_t update(ext2_filsys fs, ext2_ino_t ino, const Ext4Node *node)
{
        struct ext2_inode inode;
        errcode_t result = ext2fs_read_inode(fs, ino, &inode);
        if (result)
                return result;
        set_owner_and_times(&inode, node);
        return ext2fs_write_inode(fs, ino, &inode);
}

static errcode_t make_directory(ext2_filsys fs, ext2_ino_t parent, const char *name)
{
        errcode_t result = ext2fs_mkdir(fs, parent, 0, name);
        if (result != EXT2_ET_DIR_NO_SPACE)
                return result;
        result = ext2fs_expand_dir(fs, parent);
        return result ? result : ext2fs_mkdir(fs, parent, 0, name);
}

static errcode_t make_symlink(ext2_filsys fs, ext2_ino_t parent, const char *name, const char *target)
{
        errcode_t result = ext2fs_symlink(fs, parent, 0, name, target);
        if (result != EXT2_ET_DIR_NO_SPACE)
                return result;
        result = ext2fs_expand_dir(fs, parent);
        return result ? result : ext2fs_symlink(fs, parent, 0, name, target);
}

static bool add_directory(Ext4 *fs, const Ext4Node *node, ext2_ino_t parent, const char *name, GError **error)
{
        ext2_ino_t ino = find(fs, node->path);
        if (!ino && !ext4_check(make_directory(fs->fs, parent, name), "make directory", node->path, error))
                return false;
        if (!ino)
                ext2fs_lookup(fs->fs, parent, name, (int)strlen(name), NULL, &ino);
        g_hash_table_insert(fs->inodes, g_strdup(node->path), GUINT_TO_POINTER(ino));
        return ext4_check(update(fs->fs, ino, node), "write", node->path, error);
}

static bool add_symlink(Ext4 *fs, const Ext4Node *node, ext2_ino_t parent, const char *name, GError **error)
{
        return ext4_check(make_symlink(fs->fs, parent, name, node->target), "make symlink", node->path,
                          error) &&
               ext4_check(update(fs->fs, find(fs, node->path), node), "write", node->path, error);
}

static bool add_link(Ext4 *fs, const Ext4Node *node, ext2_ino_t parent, const char *name, GError **error)
{
        ext2_ino_t ino = 0;
        struct ext2_inode inode;
        if (!find_node(fs, node->target, &ino, error) ||
            !ext4_check(ext2fs_read_inode(fs->fs, ino, &inode), "read", node->target, error))
                return false;
        inode.i_links_count++;
        return ext4_check(link_inode(fs->fs, parent, name, ino, directory_type(inode.i_mode)), "link",
                          node->path, error) &&
               ext4_check(ext2fs_write_inode(fs->fs, ino, &inode), "write", node->path, error);
}

static void set_device(struct ext2_inode *inode, const Ext4Node *node)
{
        if (node->major < 256 && node->minor < 256)
                inode->i_block[0] = node->major << 8 | node->minor;
        else
                inode->i_block[1] = (node->minor & 0xff) | node->major << 8 | (node->minor & ~0xffU) << 12;
}

/* Make an inode without content, for all but directories and symlinks. */
static bool add_inode(Ext4 *fs, const Ext4Node *node, ext2_ino_t parent, const char *name, ext2_ino_t *ino,
                      GError **error)
{
        struct ext2_inode inode = {.i_links_count = 1};
        set_owner_and_times(&inode, node);
        if (S_ISCHR(node->mode) || S_ISBLK(node->mode))
                set_device(&inode, node);
        if (!ext4_check(ext2fs_new_inode(fs->fs, parent, (int)node->mode, NULL, ino), "make", node->path,
                        error) ||
            !ext4_check(link_inode(fs->fs, parent, name, *ino, directory_type(node->mode)), "link",
                        node->path, error))
                return false;
        ext2fs_inode_alloc_stats2(fs->fs, *ino, 1, 0);
        ext2_extent_handle_t extents = NULL;
        if (S_ISREG(node->mode)) {
                inode.i_flags |= EXT4_EXTENTS_FL;
                if (!ext4_check(ext2fs_extent_open2(fs->fs, *ino, &inode, &extents), "begin", node->path,
                                error))
                        return false;
                ext2fs_extent_free(extents);
        }
        return ext4_check(ext2fs_write_new_inode(fs->fs, *ino, &inode), "write", node->path, error);
}

bool ext4_add(Ext4 *fs, const Ext4Node *node, uint64_t size, Ext4Read read, void *data, GError **error)
{
        ext2_ino_t parent = 0, ino = 0;
        const char *name = NULL;
        if (!*node->path)
                return ext4_check(update(fs->fs, EXT2_ROOT_INO, node), "write", "/", error);
        if (!split(fs, node->path, &parent, &name, error))
                return false;
        if (node->mode == 0)
                return add_link(fs, node, parent, name, error);
        if (S_ISDIR(node->mode))
                return add_directory(fs, node, parent, name, error);
        if (S_ISLNK(node->mode))
                return add_symlink(fs, node, parent, name, error);
        if (!add_inode(fs, node, parent, name, &ino, error))
                return false;
        return !S_ISREG(node->mode) || ext4_write_file(fs->fs, node, ino, size, read, data, error);
}

bool ext4_set_time(Ext4 *fs, const char *path, int64_t time_s, GError **error)
{
        ext2_ino_t ino = 0;
        struct ext2_inode inode;
        if (!find_node(fs, path, &ino, error) ||
            !ext4_check(ext2fs_read_inode(fs->fs, ino, &inode), "read", path, error))
                return false;
        inode.i_atime = inode.i_ctime = inode.i_mtime = (__u32)time_s;
        return ext4_check(ext2fs_write_inode(fs->fs, ino, &inode), "write", path, error);
}

bool ext4_set_xattr(Ext4 *fs, const char *path, const char *name, const void *value, size_t size,
                    GError **error)
{
        ext2_ino_t ino = 0;
        struct ext2_xattr_handle *handle = NULL;
        if (!find_node(fs, path, &ino, error) ||
            !ext4_check(ext2fs_xattrs_open(fs->fs, ino, &handle), "open", path, error))
                return false;
        errcode_t result = ext2fs_xattrs_read(handle);
        if (!result)
                result = ext2fs_xattr_set(handle, name, value, size);
        errcode_t closed = ext2fs_xattrs_close(&handle);
        return ext4_check(result ? result : closed, "set an attribute of", path, error);
}
