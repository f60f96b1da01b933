/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

enum { DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

struct Tree {
        char *root;
        AutoFd fd;
};

Tree *tree_open(const char *root, GError **error)
{
        g_autofd fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
                fail_errno(error, "cannot open directory '%s'", root);
                return NULL;
        }
        Tree *tree = g_new0(Tree, 1);
        tree->root = g_strdup(root);
        tree->fd = fd_steal(&fd);
        return tree;
}

void tree_free(Tree *tree)
{
        if (!tree)
                return;
        fd_close_auto(&tree->fd);
        g_free(tree->root);
        g_free(tree);
}

/* As fail_errno(), with an explanation if `path` leads through a symlink or something else than a directory. */
static bool fail_at(const Tree *tree, const char *what, const char *path, GError **error)
{
        if (errno == ELOOP || errno == ENOTDIR)
                return fail(error, LAUTTA_ERROR_CONFLICT,
                            "cannot %s '%s/%s': there is a symlink, or no directory where one must be; "
                            "nothing is written through a symlink: remove it",
                            what, tree->root, path);
        return fail_errno(error, "cannot %s '%s/%s'", what, tree->root, path);
}

/* Make one directory with `mode` whatever the umask, durable in its parent. */
static bool make_part(int parent, const char *name, mode_t mode)
{
        if (mkdirat(parent, name, mode) != 0)
                return errno == EEXIST;
        g_autofd fd = openat(parent, name, DIRECTORY_FLAGS);
        return fd >= 0 && fchmod(fd, mode) == 0 && fsync(parent) == 0;
}

static bool part_is_plain(const char *part)
{
        return *part && strcmp(part, ".") != 0 && strcmp(part, "..") != 0;
}

/* Open the directory `path`; NULL is the root. If `mode` is not 0, missing directories are made. */
static int walk(const Tree *tree, const char *path, mode_t mode, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(path ? path : "", "/", -1);
        g_autofd at = fcntl(tree->fd, F_DUPFD_CLOEXEC, 0);
        for (char **part = parts; at >= 0 && *part; part++) {
                if (!part_is_plain(*part)) {
                        fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a path in a depot", path);
                        return -1;
                }
                AutoFd parent = fd_steal(&at);
                if (mode == 0 || make_part(parent, *part, mode))
                        at = openat(parent, *part, DIRECTORY_FLAGS);
                int saved = errno;
                close(parent);
                errno = saved;
        }
        if (at < 0)
                fail_at(tree, mode ? "make directory" : "open directory", path ? path : "", error);
        return fd_steal(&at);
}

/* Open the directory that holds `path`; `name` borrows the last part of `path`. */
static int walk_to_parent(const Tree *tree, const char *path, mode_t mode, const char **name, GError **error)
{
        const char *slash = strrchr(path, '/');
        g_autofree char *parent = slash ? g_strndup(path, (size_t)(slash - path)) : NULL;
        *name = slash ? slash + 1 : path;
        if (part_is_plain(*name))
                return walk(tree, parent, mode, error);
        fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a path in a depot", path);
        return -1;
}

bool tree_has(const Tree *tree, const char *path)
{
        const char *name = NULL;
        struct stat st;
        g_autofd parent = walk_to_parent(tree, path, 0, &name, NULL);
        return parent >= 0 && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool tree_make(const Tree *tree, const char *path, mode_t mode, GError **error)
{
        g_autofd fd = walk(tree, path, mode, error);
        return fd >= 0;
}

int tree_open_directory(const Tree *tree, const char *path, GError **error)
{
        return walk(tree, path, 0, error);
}

/* Open a regular file with one name. A second name may lie outside the tree, where content and mode must not
 * change. */
static int open_regular(const Tree *tree, int parent, const char *name, const char *path, int flags,
                        GError **error)
{
        struct stat st;
        g_autofd fd = openat(parent, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
        if (fd < 0 || fstat(fd, &st) != 0) {
                fail_at(tree, "open", path, error);
                return -1;
        }
        if (S_ISREG(st.st_mode) && st.st_nlink == 1)
                return fd_steal(&fd);
        fail(error, LAUTTA_ERROR_CONFLICT, "'%s/%s' is not a regular file with one name: remove it",
             tree->root, path);
        return -1;
}

int tree_open_file(const Tree *tree, const char *path, int flags, GError **error)
{
        const char *name = NULL;
        g_autofd parent = walk_to_parent(tree, path, 0, &name, error);
        return parent < 0 ? -1 : open_regular(tree, parent, name, path, flags, error);
}

/* Returns the part of the absolute path `full` below the root; borrowed. */
static const char *path_below(const Tree *tree, const char *full)
{
        g_assert(g_str_has_prefix(full, tree->root) && full[strlen(tree->root)] == '/');
        return full + strlen(tree->root) + 1;
}

bool tree_place(const Tree *tree, const char *from, const char *to, GError **error)
{
        const char *source = path_below(tree, from), *source_name = NULL, *name = NULL;
        g_autofd parent = walk_to_parent(tree, to, 0755, &name, error);
        g_autofd source_parent = parent < 0 ? -1 : walk_to_parent(tree, source, 0, &source_name, error);
        if (source_parent < 0)
                return false;
        g_autofd file = open_regular(tree, source_parent, source_name, source, O_RDONLY, error);
        if (file < 0)
                return false;
        if (fchmod(file, 0644) != 0)
                return fail_errno(error, "cannot set the mode of '%s'", from);
        if (fsync(file) != 0)
                return fail_errno(error, "cannot sync '%s'", from);
        if (renameat(source_parent, source_name, parent, name) != 0)
                return fail_errno(error, "cannot rename '%s' to '%s/%s'", from, tree->root, to);
        return fsync(parent) == 0 ||
               fail_errno(error, "cannot sync the directory of '%s/%s'", tree->root, to);
}

/* Remove the directories of `path` that are empty, from the last one up. */
static void remove_empty_parents(const Tree *tree, const char *path)
{
        g_autofree char *place = g_path_get_dirname(path);
        while (strchr(place, '/')) {
                const char *name = NULL;
                g_autofd parent = walk_to_parent(tree, place, 0, &name, NULL);
                if (parent < 0 || unlinkat(parent, name, AT_REMOVEDIR) != 0)
                        break;
                *strrchr(place, '/') = '\0';
        }
}

bool tree_remove(const Tree *tree, const char *path, GError **error)
{
        const char *name = NULL;
        g_autoptr(GError) why = NULL;
        g_autofd parent = walk_to_parent(tree, path, 0, &name, &why);
        if (parent < 0 && !error_is(why, LAUTTA_ERROR_NOT_FOUND)) {
                g_propagate_error(error, g_steal_pointer(&why));
                return false;
        }
        if (parent >= 0 && unlinkat(parent, name, 0) != 0 && errno != ENOENT)
                return fail_errno(error, "cannot remove '%s/%s'", tree->root, path);
        remove_empty_parents(tree, path);
        return true;
}

static bool remove_entry(int parent, const char *name);

static bool remove_entries(int fd)
{
        DIR *entries = fdopendir(fd);
        bool good = entries != NULL;
        for (struct dirent *entry; good && (entry = readdir(entries));)
                good = !part_is_plain(entry->d_name) || remove_entry(dirfd(entries), entry->d_name);
        if (entries)
                closedir(entries);
        else
                close(fd);
        return good;
}

static bool remove_entry(int parent, const char *name)
{
        if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
                return true;
        if (errno != EISDIR && errno != EPERM)
                return false;
        int fd = openat(parent, name, DIRECTORY_FLAGS);
        return fd >= 0 && remove_entries(fd) && unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

bool tree_remove_all(const Tree *tree, const char *path, GError **error)
{
        const char *name = NULL;
        g_autofd parent = walk_to_parent(tree, path, 0, &name, error);
        if (parent < 0)
                return false;
        return remove_entry(parent, name) || fail_at(tree, "remove", path, error);
}
