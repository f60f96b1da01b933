/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "castr.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "errors.h"
#include "files.h"

/* Directory in which chunks wait until the disk has them. */
#define WAITING ".lautta-export"

/* BATCH_BYTES become durable in one step: a sync for each chunk would take longer than all the rest. */
enum { BATCH_BYTES = 64 << 20, PREFIX_CHARS = 4 };

struct Castr {
        char *path;
        char *waiting; /* directory */
        int fd;        /* of the store; its lock keeps writers apart */
        GMutex lock;
        GPtrArray *batch; /* char *, hex ids of files that wait */
        uint64_t batch_bytes;
        uint64_t chunks, bytes; /* sums over castr_put() */
};

static bool open_store(Castr *castr, GError **error)
{
        castr->fd = open(castr->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (castr->fd < 0)
                return fail_errno(error, "cannot open '%s'", castr->path);
        while (flock(castr->fd, LOCK_EX) != 0)
                if (errno != EINTR)
                        return fail_errno(error, "cannot lock '%s'", castr->path);
        return directory_remove(castr->waiting, error) && directory_make(castr->waiting, 0755, error);
}

Castr *castr_open(const char *path, GError **error)
{
        g_autoptr(Castr) castr = g_new0(Castr, 1);
        castr->path = g_strdup(path);
        castr->waiting = g_build_filename(path, WAITING, NULL);
        castr->fd = -1;
        castr->batch = g_ptr_array_new_with_free_func(g_free);
        g_mutex_init(&castr->lock);
        return directory_make(path, 0755, error) && open_store(castr, error) ? g_steal_pointer(&castr) : NULL;
}

void castr_free(Castr *castr)
{
        if (!castr)
                return;
        if (castr->fd >= 0) {
                directory_remove(castr->waiting, NULL);
                close(castr->fd);
        }
        g_ptr_array_unref(castr->batch);
        g_mutex_clear(&castr->lock);
        g_free(castr->waiting);
        g_free(castr->path);
        g_free(castr);
}

static char *place_of(const char *id)
{
        return g_strdup_printf("%.*s/%s.cacnk", PREFIX_CHARS, id, id);
}

static bool is_there(const Castr *castr, const char *place)
{
        struct stat st;
        return fstatat(castr->fd, place, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
               st.st_size > 0;
}

bool castr_has(const Castr *castr, const ChunkId *id)
{
        g_autofree char *hex = digest_to_hex(id->bytes);
        g_autofree char *place = place_of(hex);
        return is_there(castr, place);
}

static bool show(const Castr *castr, const char *id, GError **error)
{
        g_autofree char *place = place_of(id);
        g_autofree char *from = g_build_filename(WAITING, id, NULL);
        g_autofree char *directory = g_strndup(id, PREFIX_CHARS);
        if (mkdirat(castr->fd, directory, 0755) != 0 && errno != EEXIST)
                return fail_errno(error, "cannot make '%s/%s'", castr->path, directory);
        /* A chunk that was put twice has only one waiting file. */
        if (renameat(castr->fd, from, castr->fd, place) != 0 && !(errno == ENOENT && is_there(castr, place)))
                return fail_errno(error, "cannot rename to '%s/%s'", castr->path, place);
        return true;
}

/* A chunk becomes visible only after the disk has it. */
static bool show_all(const Castr *castr, const GPtrArray *batch, GError **error)
{
        if (batch->len > 0 && syncfs(castr->fd) != 0)
                return fail_errno(error, "cannot sync '%s'", castr->path);
        for (guint i = 0; i < batch->len; i++)
                if (!show(castr, g_ptr_array_index(batch, i), error))
                        return false;
        return true;
}

static bool write_file(const char *path, const uint8_t *frame, uint32_t size, GError **error)
{
        g_autofd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return fail_errno(error, "cannot create '%s'", path);
        return fd_write_exactly(fd, frame, size, 0, path, error);
}

bool castr_put(Castr *castr, const ChunkId *id, const uint8_t *frame, uint32_t size, GError **error)
{
        g_autofree char *hex = digest_to_hex(id->bytes);
        g_autofree char *path = g_build_filename(castr->waiting, hex, NULL);
        if (!write_file(path, frame, size, error))
                return false;
        g_autoptr(GPtrArray) full = NULL;
        g_mutex_lock(&castr->lock);
        castr->chunks++;
        castr->bytes += size;
        castr->batch_bytes += size;
        g_ptr_array_add(castr->batch, g_steal_pointer(&hex));
        if (castr->batch_bytes >= BATCH_BYTES) {
                full = g_steal_pointer(&castr->batch);
                castr->batch = g_ptr_array_new_with_free_func(g_free);
                castr->batch_bytes = 0;
        }
        g_mutex_unlock(&castr->lock);
        return !full || show_all(castr, full, error);
}

bool castr_commit(Castr *castr, GError **error)
{
        if (!show_all(castr, castr->batch, error))
                return false;
        g_ptr_array_set_size(castr->batch, 0);
        castr->batch_bytes = 0;
        return syncfs(castr->fd) == 0 || fail_errno(error, "cannot sync '%s'", castr->path);
}

void castr_stats(const Castr *castr, uint64_t *chunks, uint64_t *bytes)
{
        *chunks = castr->chunks;
        *bytes = castr->bytes;
}
