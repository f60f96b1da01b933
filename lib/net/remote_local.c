/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A remote that is a directory of this machine: a depot's own tree, or a stick. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "remote_kind.h"

enum { BLOCK_BYTES = 1 << 20, OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

typedef struct {
        Remote base;
        int directory;
} Local;

/* Opens part by part without following any symlink, for kernels and sandboxes without openat2. */
static int open_by_parts(int directory, const char *path)
{
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        g_autofd at = fcntl(directory, F_DUPFD_CLOEXEC, 0);
        for (char **part = parts; at >= 0 && *part; part++) {
                int flags = O_NOFOLLOW | (part[1] ? O_PATH | O_DIRECTORY | O_CLOEXEC : OPEN_FLAGS);
                g_autofd next = openat(at, *part, flags);
                if (next < 0)
                        return -1;
                AutoFd parent = at;
                at = fd_steal(&next);
                close(parent);
        }
        return fd_steal(&at);
}

/* Opens a file; symlinks may lead anywhere below the root, and nowhere else. */
static int open_beneath(int directory, const char *path)
{
        struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
        int fd = -1;
        int tries = 0;
        do
                fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
        while (fd < 0 && (errno == EINTR || errno == EAGAIN) && tries++ < 100);
        if (fd < 0 && (errno == ENOSYS || errno == EPERM))
                return open_by_parts(directory, path);
        return fd;
}

/* Opens a regular file and sets its size. Returns: the descriptor, or -1 with NOT_FOUND, CORRUPT or SYSTEM. */
static int local_open(Local *local, const char *path, uint64_t *size, GError **error)
{
        struct stat st;
        g_autofd fd = open_beneath(local->directory, path);
        if (fd >= 0)
                local->base.stats.requests++;
        if (fd < 0 && (errno == EXDEV || errno == ELOOP)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "%s/%s: symlinks lead out of the directory, or in circles",
                     local->base.name, path);
                return -1;
        }
        if (fd < 0 && errno == ENOTDIR)
                errno = ENOENT;
        if (fd < 0 || fstat(fd, &st) != 0) {
                fail_errno(error, "cannot read %s/%s", local->base.name, path);
                return -1;
        }
        if (!S_ISREG(st.st_mode)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "%s/%s is not a regular file", local->base.name, path);
                return -1;
        }
        *size = (uint64_t)st.st_size;
        return fd_steal(&fd);
}

/* Reads as fd_read_exactly() does, counts the bytes, and names the file in errors. */
static bool local_read_block(Local *local, int fd, const RemoteRange *block, void *to, GError **error)
{
        g_autofree char *name = g_strconcat(local->base.name, "/", block->path, NULL);
        if (!fd_read_exactly(fd, to, block->length, block->offset, name, error))
                return false;
        local->base.stats.bytes_received += block->length;
        return true;
}

static GBytes *local_read(Remote *remote, const char *path, size_t max_bytes, GError **error)
{
        Local *local = (Local *)remote;
        uint64_t size = 0;
        g_autofd fd = local_open(local, path, &size, error);
        if (fd < 0)
                return NULL;
        if (size > max_bytes) {
                fail(error, LAUTTA_ERROR_CORRUPT,
                     "%s/%s has %" G_GUINT64_FORMAT " bytes, more than the %zu allowed", remote->name, path,
                     size, max_bytes);
                return NULL;
        }
        if (!remote_limit_check(remote, size, path, error))
                return NULL;
        g_autofree uint8_t *data = g_malloc(size + 1);
        if (!local_read_block(local, fd, &(RemoteRange){path, 0, size}, data, error))
                return NULL;
        return g_bytes_new_take(g_steal_pointer(&data), size);
}

/* One call of remote_fetch(): the file of the last range stays open for the next one. */
typedef struct {
        Local *local;
        const RemoteSink *sink;
        AutoFd fd;
        uint64_t size;
        const char *path;
        uint8_t *block;
} Walk;

static bool walk_open(Walk *walk, const RemoteRange *range, GError **error)
{
        if (!remote_range_check(range, error)) {
                g_prefix_error(error, "%s: ", walk->local->base.name);
                return false;
        }
        if (!walk->path || !g_str_equal(walk->path, range->path)) {
                fd_close_auto(&walk->fd);
                walk->path = NULL;
                walk->fd = local_open(walk->local, range->path, &walk->size, error);
                if (walk->fd < 0)
                        return false;
                walk->path = range->path;
                posix_fadvise(walk->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        }
        return true;
}

/* Deliver one range. `why` is set where the range failed; `error` where the sink did. */
static bool walk_range(Walk *walk, const RemoteRange *range, size_t i, GError **why, GError **error)
{
        if (!walk_open(walk, range, why))
                return false;
        uint64_t end = range->offset + range->length;
        RemoteRange block = *range;
        for (; block.offset < MIN(end, walk->size); block.offset += block.length) {
                block.length = MIN(MIN(end, walk->size) - block.offset, BLOCK_BYTES);
                if (!local_read_block(walk->local, walk->fd, &block, walk->block, why))
                        return false;
                if (!walk->sink->data(walk->sink->user, i, walk->block, block.length, error))
                        return false;
        }
        if (end <= walk->size)
                return true;
        return fail(why, LAUTTA_ERROR_CORRUPT,
                    "%s/%s ends at %" G_GUINT64_FORMAT ", before %" G_GUINT64_FORMAT
                    " bytes at %" G_GUINT64_FORMAT " do",
                    walk->local->base.name, range->path, walk->size, range->length, range->offset);
}

static bool local_fetch(Remote *remote, const RemoteRange *ranges, size_t count, const RemoteSink *sink,
                        GError **error)
{
        g_autofree uint8_t *block = g_malloc(BLOCK_BYTES);
        Walk walk = {.local = (Local *)remote, .sink = sink, .fd = -1, .block = block};
        bool ok = true;
        for (size_t i = 0; ok && i < count; i++) {
                GError *why = NULL;
                ok = walk_range(&walk, &ranges[i], i, &why, error);
                if (why)
                        ok = remote_range_failed(sink, i, why, error);
        }
        fd_close_auto(&walk.fd);
        return ok;
}

static void local_free(Remote *remote)
{
        Local *local = (Local *)remote;
        fd_close_auto(&local->directory);
        g_free(local);
}

static const RemoteKind local_kind = {local_read, local_fetch, local_free, NULL, true};

Remote *remote_local_open(const char *directory, const char *name, GError **error)
{
        g_autofd fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
                fail_errno(error, "cannot open directory '%s'", name);
                return NULL;
        }
        Local *local = g_new0(Local, 1);
        local->base = (Remote){.kind = &local_kind, .name = g_strdup(name)};
        local->directory = fd_steal(&fd);
        return &local->base;
}
