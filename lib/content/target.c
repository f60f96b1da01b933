/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chunker.h"
#include "digest.h"
#include "errors.h"
#include "files.h"
#include "workers.h"

enum { CHECK_STRETCH = 64, WRITEBACK_BLOCKS = (16 << 20) / CHUNK_BLOCK_BYTES };

void target_free(Target *target)
{
        if (!target)
                return;
        if (target->fd >= 0)
                close(target->fd);
        g_free(target->path);
        g_free(target->have);
        g_free(target);
}

static bool is_hole(const Target *target, uint64_t offset, uint64_t length)
{
        off_t data = lseek(target->fd, (off_t)offset, SEEK_DATA);
        return data < 0 ? errno == ENXIO : (uint64_t)data >= offset + length;
}

/* Turn a stretch into a hole. If the file system cannot, zeros are written from now on. */
static void clear(Target *target, uint64_t offset, uint64_t length)
{
        if (!target->only_look && fallocate(target->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                            (off_t)offset, (off_t)length) != 0)
                target->write_zeros = true;
}

/* Take the chunk as present, and turn zeros that were written as data into a hole. */
static bool check_zero_chunk(Target *target, size_t i, GError **error)
{
        uint64_t offset = index_offset(target->index, i), end = index_offset(target->index, i + 1);
        target->have[i] = true;
        if (target->only_look)
                return true;
        if (!is_hole(target, offset, end - offset))
                clear(target, offset, end - offset);
        if (target->write_zeros) {
                static const uint8_t zeros[CHUNK_DATA_MAX_BYTES];
                for (; offset < end; offset += sizeof zeros)
                        if (!fd_write_exactly(target->fd, zeros, MIN(sizeof zeros, end - offset), offset,
                                              target->path, error))
                                return false;
        }
        return true;
}

static bool holds_zeros(const Target *target, size_t i, bool *good, GError **error)
{
        uint8_t content[CHUNK_DATA_MAX_BYTES];
        uint64_t offset = index_offset(target->index, i), end = index_offset(target->index, i + 1);
        for (*good = true; *good && offset < end; offset += sizeof content) {
                size_t size = MIN(sizeof content, end - offset);
                if (!fd_read_exactly(target->fd, content, size, offset, target->path, error))
                        return false;
                *good = bytes_are_zero(content, size);
        }
        return true;
}

static bool holds_chunk(const Target *target, size_t i, bool *good, GError **error)
{
        uint8_t content[CHUNK_DATA_MAX_BYTES];
        uint32_t length = index_length(target->index, i);
        if (length > sizeof content)
                return holds_zeros(target, i, good, error);
        ChunkId id;
        if (!fd_read_exactly(target->fd, content, length, index_offset(target->index, i), target->path,
                             error))
                return false;
        digest_sha256(content, length, id.bytes);
        *good = memcmp(&id, index_id(target->index, i), sizeof id) == 0;
        return true;
}

static bool check_chunk(Target *target, size_t i, GError **error)
{
        uint64_t offset = index_offset(target->index, i), length = index_length(target->index, i);
        if (index_is_zero(target->index, i))
                return check_zero_chunk(target, i, error);
        if (is_hole(target, offset, length))
                return true;
        bool good = false;
        /* With `only_look` the file may be shorter than the blob: a short read is then no error. */
        if (!holds_chunk(target, i, &good, target->only_look ? NULL : error) && !target->only_look)
                return false;
        target->have[i] = good;
        if (!good)
                clear(target, offset, length);
        return true;
}

static bool check_chunks(void *user, size_t first, size_t count, GError **error)
{
        for (size_t i = first; i < first + count; i++)
                if (!check_chunk(user, i, error))
                        return false;
        return true;
}

/* A file without blocks has all zero chunks and no data chunk. */
static void take_as_empty(Target *target)
{
        for (size_t i = 0; i < index_count(target->index); i++)
                target->have[i] = index_is_zero(target->index, i);
}

static bool prepare(Target *target, GError **error)
{
        struct stat st;
        uint64_t size = index_blob_bytes(target->index);
        if (fstat(target->fd, &st) != 0)
                return fail_errno(error, "cannot look at '%s'", target->path);
        if (!S_ISREG(st.st_mode))
                return fail(error, LAUTTA_ERROR_CONFLICT, "'%s' is not a regular file", target->path);
        bool empty = st.st_blocks == 0;
        if (!target->only_look && ftruncate(target->fd, (off_t)size) != 0)
                return fail_errno(error, "cannot give '%s' %" G_GUINT64_FORMAT " bytes", target->path, size);
        if (empty) {
                take_as_empty(target);
                return true;
        }
        return workers_run(index_count(target->index), CHECK_STRETCH, check_chunks, target, error);
}

/* Open the file. With `only_look`, `fd` stays -1 if there is none. */
static bool open_file(Target *target, GError **error)
{
        int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
        target->fd = open(target->path, flags | (target->only_look ? O_RDONLY : O_RDWR | O_CREAT), 0644);
        if (target->fd >= 0)
                return prepare(target, error);
        if (!target->only_look || errno != ENOENT)
                return fail_errno(error, "cannot create '%s'", target->path);
        take_as_empty(target);
        return true;
}

Target *target_open(const Index *index, const char *path, bool only_look, uint64_t *present_bytes,
                    GError **error)
{
        g_autoptr(Target) target = g_new0(Target, 1);
        target->index = index;
        target->path = g_strdup(path);
        target->have = g_malloc0(index_count(index) + 1);
        target->only_look = only_look;
        if (!open_file(target, error))
                return NULL;
        for (size_t i = 0; i < index_count(index); i++)
                if (target->have[i] && !index_is_zero(index, i))
                        *present_bytes += index_length(index, i);
        return g_steal_pointer(&target);
}

/* Start the write-back now and then, so that the fsync at the end has little left to wait for. */
static void push(Target *target, uint32_t bytes)
{
        guint blocks = (bytes + CHUNK_BLOCK_BYTES - 1) / CHUNK_BLOCK_BYTES;
        guint before = (guint)g_atomic_int_add(&target->written, (gint)blocks);
        if (before / WRITEBACK_BLOCKS != (before + blocks) / WRITEBACK_BLOCKS)
                sync_file_range(target->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

bool target_write(Target *target, size_t i, const uint8_t *content, GError **error)
{
        uint64_t offset = index_offset(target->index, i);
        uint32_t length = index_length(target->index, i);
        uint32_t begin = 0, end = 0;
        target->have[i] = target->only_look;
        if (target->only_look)
                return true;
        /* Write stretches of blocks that are not zero; the rest stays a hole. */
        for (uint32_t at = 0; at < length; at = end) {
                uint32_t block = MIN(length - at, (uint32_t)CHUNK_BLOCK_BYTES);
                end = at + block;
                bool skip = !target->write_zeros && bytes_are_zero(content + at, block);
                if (!skip && end < length)
                        continue;
                uint32_t until = skip ? at : end;
                if (until > begin && !fd_write_exactly(target->fd, content + begin, until - begin,
                                                       offset + begin, target->path, error))
                        return false;
                begin = end;
        }
        target->have[i] = true;
        push(target, length);
        return true;
}

bool target_clone(Target *target, size_t first, size_t count, int source_fd, uint64_t source_offset,
                  bool *supported, GError **error)
{
        uint64_t begin = index_offset(target->index, first), end = index_offset(target->index, first + count);
        struct file_clone_range range = {.src_fd = source_fd,
                                         .src_offset = source_offset,
                                         .src_length = end - begin,
                                         .dest_offset = begin};
        *supported = ioctl(target->fd, FICLONERANGE, &range) == 0;
        for (size_t i = first; *supported && i < first + count; i++) {
                bool good = false;
                if (!holds_chunk(target, i, &good, error))
                        return false;
                target->have[i] = good;
                if (!good)
                        clear(target, index_offset(target->index, i), index_length(target->index, i));
        }
        return true;
}

/* Fail with CONFLICT at the first chunk that differs: a failure stops the workers. */
static bool compare_chunks(void *user, size_t first, size_t count, GError **error)
{
        const Target *target = user;
        for (size_t i = first; i < first + count; i++) {
                bool good = index_is_zero(target->index, i) &&
                            is_hole(target, index_offset(target->index, i), index_length(target->index, i));
                if (!good && !holds_chunk(target, i, &good, error))
                        return false;
                if (!good)
                        return fail(error, LAUTTA_ERROR_CONFLICT, "'%s' differs in chunk %zu", target->path,
                                    i);
        }
        return true;
}

bool target_is_complete(const Index *index, const char *path, bool *complete, GError **error)
{
        *complete = false;
        struct stat st;
        g_autoptr(Target) target = g_new0(Target, 1);
        target->index = index;
        target->path = g_strdup(path);
        target->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (target->fd < 0 && errno == ENOENT)
                return true;
        if (target->fd < 0 || fstat(target->fd, &st) != 0)
                return fail_errno(error, "cannot open '%s'", path);
        if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != index_blob_bytes(index))
                return true;
        g_autoptr(GError) difference = NULL;
        *complete = workers_run(index_count(index), CHECK_STRETCH, compare_chunks, target, &difference);
        if (*complete || error_is(difference, LAUTTA_ERROR_CONFLICT))
                return true;
        g_propagate_error(error, g_steal_pointer(&difference));
        return false;
}
