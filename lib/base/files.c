/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "errors.h"
#include "units.h"

void fd_close_auto(AutoFd *fd)
{
        if (*fd >= 0)
                close(*fd);
}

int fd_steal(int *fd)
{
        int taken = *fd;
        *fd = -1;
        return taken;
}

/* Open a regular file within the bound for reading, and give its size. */
static int open_bounded(const char *path, size_t max_bytes, size_t *size, GError **error)
{
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        struct stat st;
        if (fd < 0 || fstat(fd, &st) != 0) {
                fail_errno(error, "cannot open '%s'", path);
                return -1;
        }
        if (!S_ISREG(st.st_mode)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a regular file", path);
                return -1;
        }
        if ((uint64_t)st.st_size > max_bytes) {
                fail(error, LAUTTA_ERROR_CORRUPT,
                     "'%s' has %" G_GINT64_FORMAT " bytes, more than the %zu allowed", path,
                     (gint64)st.st_size, max_bytes);
                return -1;
        }
        *size = (size_t)st.st_size;
        return fd_steal(&fd);
}

GBytes *file_read(const char *path, size_t max_bytes, GError **error)
{
        size_t size = 0;
        g_autofd fd = open_bounded(path, max_bytes, &size, error);
        if (fd < 0)
                return NULL;
        g_autofree char *data = g_malloc(size + 1);
        if (!fd_read_exactly(fd, data, size, 0, path, error))
                return NULL;
        return g_bytes_new_take(g_steal_pointer(&data), size);
}

typedef struct {
        void *address;
        size_t size;
} Mapping;

static void mapping_free(void *data)
{
        Mapping *mapping = data;
        munmap(mapping->address, mapping->size);
        g_free(mapping);
}

GBytes *file_map(const char *path, size_t max_bytes, GError **error)
{
        size_t size = 0;
        g_autofd fd = open_bounded(path, max_bytes, &size, error);
        if (fd < 0)
                return NULL;
        if (size == 0)
                return g_bytes_new(NULL, 0);
        void *address = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (address == MAP_FAILED) {
                fail_errno(error, "cannot map '%s'", path);
                return NULL;
        }
        Mapping *mapping = g_new(Mapping, 1);
        *mapping = (Mapping){address, size};
        return g_bytes_new_with_free_func(address, size, mapping_free, mapping);
}

bool fd_read_exactly(int fd, void *buffer, size_t size, uint64_t offset, const char *name, GError **error)
{
        char *to = buffer;
        while (size > 0) {
                ssize_t n = pread(fd, to, size, (off_t)offset);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fail_errno(error, "cannot read '%s' at %" G_GUINT64_FORMAT, name, offset);
                if (n == 0)
                        return fail(error, LAUTTA_ERROR_CONFLICT,
                                    "'%s' ends at %" G_GUINT64_FORMAT
                                    ", before the %zu bytes still expected: it shrank while it was read",
                                    name, offset, size);
                to += n;
                offset += (uint64_t)n;
                size -= (size_t)n;
        }
        return true;
}

bool fd_write_exactly(int fd, const void *data, size_t size, uint64_t offset, const char *name,
                      GError **error)
{
        const char *from = data;
        while (size > 0) {
                ssize_t n = pwrite(fd, from, size, (off_t)offset);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fail_errno(error, "cannot write '%s' at %" G_GUINT64_FORMAT, name, offset);
                from += n;
                offset += (uint64_t)n;
                size -= (size_t)n;
        }
        return true;
}

bool directory_make(const char *path, mode_t mode, GError **error)
{
        if (g_mkdir_with_parents(path, (int)mode) != 0)
                return fail_errno(error, "cannot make directory '%s'", path);
        return true;
}

bool directory_sync_parent(const char *path, GError **error)
{
        g_autofree char *parent = g_path_get_dirname(path);
        g_autofd fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) != 0)
                return fail_errno(error, "cannot sync directory '%s'", parent);
        return true;
}

bool file_commit(const char *path, const char *target, GError **error)
{
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) != 0)
                return fail_errno(error, "cannot sync '%s'", path);
        if (rename(path, target) != 0)
                return fail_errno(error, "cannot rename '%s' to '%s'", path, target);
        return directory_sync_parent(target, error);
}

bool file_write_atomically(const char *path, const void *data, size_t size, mode_t mode, GError **error)
{
        g_autofree char *temporary = g_strconcat(path, ".new", NULL);
        if (unlink(temporary) != 0 && errno != ENOENT)
                return fail_errno(error, "cannot replace '%s'", temporary);
        g_autofd fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0)
                return fail_errno(error, "cannot create '%s'", temporary);
        if (fd_write_exactly(fd, data, size, 0, temporary, error) && file_commit(temporary, path, error))
                return true;
        unlink(temporary);
        return false;
}

bool disk_free_bytes(const char *path, uint64_t *free_bytes, GError **error)
{
        struct statvfs vfs;
        g_autofree char *place = g_strdup(path);
        while (statvfs(place, &vfs) != 0) {
                if (errno != ENOENT || strcmp(place, "/") == 0 || strcmp(place, ".") == 0)
                        return fail_errno(error, "cannot tell the free space at '%s'", path);
                char *parent = g_path_get_dirname(place);
                g_free(place);
                place = parent;
        }
        *free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
        return true;
}

bool disk_check_free(const char *path, const char *name, uint64_t needed_bytes, GError **error)
{
        uint64_t free_bytes = 0;
        if (!disk_free_bytes(path, &free_bytes, error))
                return false;
        if (needed_bytes <= free_bytes)
                return true;
        g_autofree char *needed_text = size_format(needed_bytes);
        g_autofree char *free_text = size_format(free_bytes);
        return fail(error, LAUTTA_ERROR_NO_SPACE, "'%s' still needs %s, but its disk has only %s free", name,
                    needed_text, free_text);
}
