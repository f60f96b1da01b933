/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of files.h that removes a tree. A guest may have made the tree: paths longer than PATH_MAX, more
 * levels than the stack or the limit of open files has room for, immutable files, symlinks to anywhere. So
 * each step opens or removes one name relative to an open directory, and never follows a symlink. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

/* Of the deepest levels; a level above them is opened again through "..". */
enum { OPEN_LEVELS_MAX = 16 };

enum { OPEN_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC };

/* A directory on the way from the top to the one that is emptied now. */
typedef struct {
        char *name;  /* in the level above; NULL for the top */
        DIR *stream; /* NULL where it is not open now */
        struct statx id;
} Level;

static void level_clear(void *data)
{
        Level *level = data;
        if (level->stream)
                closedir(level->stream);
        g_free(level->name);
}

/* Takes `fd`, which may be -1. Returns: false with errno. */
static bool level_open(Level *level, int fd)
{
        if (fd < 0)
                return false;
        if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &level->id) == 0)
                level->stream = fdopendir(fd);
        if (!level->stream) {
                int saved = errno;
                close(fd);
                errno = saved;
        }
        return level->stream;
}

static bool is_same_device(const struct statx *one, const struct statx *other)
{
        return one->stx_dev_major == other->stx_dev_major && one->stx_dev_minor == other->stx_dev_minor;
}

/* ext4 refuses even root to remove what a guest made immutable or append-only. */
static void clear_flags(int fd)
{
        int flags = 0;
        if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 &&
            (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL))) {
                flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
                ioctl(fd, FS_IOC_SETFLAGS, &flags);
        }
}

/* Returns: false with errno. Absent is fine. */
static bool remove_name(int directory, const char *name, int flags)
{
        struct stat st;
        if (unlinkat(directory, name, flags) == 0 || errno == ENOENT)
                return true;
        if (errno != EPERM || fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
                return false;
        clear_flags(directory);
        if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
                g_autofd fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
                clear_flags(fd);
        }
        return unlinkat(directory, name, flags) == 0 || errno == ENOENT;
}

static Level *level_at(GArray *levels, guint from_the_end)
{
        return &g_array_index(levels, Level, levels->len - 1 - from_the_end);
}

/* Errno is EXDEV for a mount point, also for one of a directory of the same file system. */
static bool descend(GArray *levels, const char *name)
{
        const Level *parent = level_at(levels, 0);
        Level child = {.name = NULL};
        if (!level_open(&child, openat(dirfd(parent->stream), name, OPEN_FLAGS)))
                return false;
        if (!is_same_device(&child.id, &parent->id) || (child.id.stx_attributes & STATX_ATTR_MOUNT_ROOT)) {
                level_clear(&child);
                errno = EXDEV;
                return false;
        }
        child.name = g_strdup(name);
        g_array_append_val(levels, child);
        if (levels->len > OPEN_LEVELS_MAX) {
                Level *above = level_at(levels, OPEN_LEVELS_MAX);
                closedir(above->stream);
                above->stream = NULL;
        }
        return true;
}

/* The directory may have been moved since it was left: then ".." is another one. */
static bool reopen_parent(GArray *levels)
{
        Level *parent = level_at(levels, 1);
        Level found = {.name = NULL};
        if (parent->stream)
                return true;
        if (!level_open(&found, openat(dirfd(level_at(levels, 0)->stream), "..", OPEN_FLAGS)))
                return false;
        if (!is_same_device(&found.id, &parent->id) || found.id.stx_ino != parent->id.stx_ino) {
                level_clear(&found);
                errno = ESTALE;
                return false;
        }
        parent->stream = found.stream;
        return true;
}

/* From a directory that is empty. */
static bool ascend(GArray *levels)
{
        if (!reopen_parent(levels) ||
            !remove_name(dirfd(level_at(levels, 1)->stream), level_at(levels, 0)->name, AT_REMOVEDIR))
                return false;
        g_array_set_size(levels, levels->len - 1);
        return true;
}

static bool remove_entry(GArray *levels, const struct dirent *entry)
{
        int directory = dirfd(level_at(levels, 0)->stream);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                return true;
        if (entry->d_type != DT_DIR) {
                if (remove_name(directory, entry->d_name, 0))
                        return true;
                if (errno != EISDIR)
                        return false;
        }
        return remove_name(directory, entry->d_name, AT_REMOVEDIR) ||
               ((errno == ENOTEMPTY || errno == EEXIST) && descend(levels, entry->d_name));
}

/* Until the top is empty. Returns: false with errno. */
static bool empty_all(GArray *levels)
{
        for (;;) {
                errno = 0;
                const struct dirent *entry = readdir(level_at(levels, 0)->stream);
                if (!entry && (errno != 0 || levels->len == 1))
                        return errno == 0;
                if (!(entry ? remove_entry(levels, entry) : ascend(levels)))
                        return false;
        }
}

bool directory_remove(const char *path, GError **error)
{
        if (remove_name(AT_FDCWD, path, 0))
                return true;
        Level top = {.name = NULL};
        if (errno != EISDIR || !level_open(&top, open(path, OPEN_FLAGS)))
                return fail_errno(error, "cannot remove '%s'", path);
        g_autoptr(GArray) levels = g_array_new(false, false, sizeof(Level));
        g_array_set_clear_func(levels, level_clear);
        g_array_append_val(levels, top);
        if (empty_all(levels) && remove_name(AT_FDCWD, path, AT_REMOVEDIR))
                return true;
        if (errno == EXDEV)
                return fail(error, LAUTTA_ERROR_SYSTEM,
                            "cannot remove '%s': something is mounted in it; unmount it first", path);
        return fail_errno(error, "cannot remove '%s'", path);
}
