/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cutter.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chunk.h"
#include "chunker.h"
#include "errors.h"
#include "files.h"
#include "index.h"

/* No file system keeps holes finer than this, and chunks are made of such blocks anyway. */
static const uint64_t BLOCK_MASK = CHUNK_BLOCK_BYTES - 1;

static gint64 mtime_ns(const struct stat *st)
{
        return (gint64)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

bool cutter_init(Cutter *cutter, int fd, const char *name, GError **error)
{
        struct stat st;
        off_t size = fstat(fd, &st) == 0 ? lseek(fd, 0, SEEK_END) : -1;
        if (size < 0)
                return fail_errno(error, "cannot tell the size of '%s'", name);
        if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is neither a file nor a block device", name);
        if ((uint64_t)size > INDEX_MAX_BLOB_BYTES)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is larger than 16 TiB", name);
        *cutter = (Cutter){.fd = fd, .name = name, .size_bytes = (uint64_t)size, .mtime_ns = mtime_ns(&st)};
        return true;
}

static bool check_unchanged(const Cutter *cutter, GError **error)
{
        struct stat st;
        if (fstat(cutter->fd, &st) != 0)
                return fail_errno(error, "cannot look at '%s'", cutter->name);
        bool same = S_ISBLK(st.st_mode) ||
                    ((uint64_t)st.st_size == cutter->size_bytes && mtime_ns(&st) == cutter->mtime_ns);
        return same ||
               fail(error, LAUTTA_ERROR_CONFLICT,
                    "'%s' changed while it was read: stop what writes it and try again", cutter->name);
}

/* Returns the offset at or after `at` where data begins; the end of the file if only a hole is left. A file
 * system without holes reports data at `at`. */
static uint64_t next_data(const Cutter *cutter, uint64_t at)
{
        off_t data = lseek(cutter->fd, (off_t)at, SEEK_DATA);
        if (data < 0)
                return errno == ENXIO ? cutter->size_bytes : at;
        uint64_t block = (uint64_t)data & ~BLOCK_MASK;
        return MAX(block, at);
}

/* Find the end of the zero run that begins at `at`, through holes and written zeros alike, so that chunks
 * depend on content alone. `buffer` is scratch. */
static bool measure_zero_run(Cutter *cutter, uint8_t *buffer, GError **error)
{
        const uint64_t whole_blocks = cutter->size_bytes & ~BLOCK_MASK;
        uint64_t at = cutter->at;
        while (at < whole_blocks) {
                at = MIN(next_data(cutter, at), whole_blocks);
                size_t size = (size_t)MIN(whole_blocks - at, CHUNKER_LOOKAHEAD_BYTES);
                if (size == 0)
                        break;
                if (!fd_read_exactly(cutter->fd, buffer, size, at, cutter->name, error))
                        return false;
                size_t zeros = chunker_zero_prefix(buffer, size);
                at += zeros;
                if (zeros < size)
                        break;
        }
        cutter->zero_run_left = at - cutter->at;
        return true;
}

static void cut_zeros(Cutter *cutter, Cut *cuts, size_t *count)
{
        while (cutter->zero_run_left && *count < CUTTER_BATCH_CHUNKS) {
                uint64_t length = chunk_zero_length(cutter->zero_run_left);
                cuts[(*count)++] = (Cut){(uint32_t)length, SIZE_MAX};
                cutter->at += length;
                cutter->zero_run_left -= length;
        }
}

/* Fill the buffer from `at`, and cut data chunks until a zero run or the end of the chunker's lookahead. */
static bool cut_data(Cutter *cutter, uint8_t *buffer, Cut *cuts, size_t *count, GError **error)
{
        size_t have = (size_t)MIN(cutter->size_bytes - cutter->at, CUTTER_BATCH_BYTES);
        bool to_end = have == cutter->size_bytes - cutter->at;
        if (!fd_read_exactly(cutter->fd, buffer, have, cutter->at, cutter->name, error))
                return false;
        size_t used = 0;
        while (used < have && *count < CUTTER_BATCH_CHUNKS &&
               (to_end || have - used >= CHUNKER_LOOKAHEAD_BYTES)) {
                CutKind kind;
                size_t length = chunker_next(buffer + used, have - used, &kind);
                if (kind == CUT_ZEROS)
                        break;
                cuts[(*count)++] = (Cut){(uint32_t)length, used};
                used += length;
        }
        cutter->at += used;
        return true;
}

bool cutter_next(Cutter *cutter, uint8_t *buffer, Cut *cuts, size_t *count, GError **error)
{
        *count = 0;
        while (*count == 0 && cutter->at < cutter->size_bytes) {
                bool hole = next_data(cutter, cutter->at) - cutter->at >= CHUNK_ZERO_RUN_MIN_BYTES;
                if (!cutter->zero_run_left && !hole && !cut_data(cutter, buffer, cuts, count, error))
                        return false;
                if (*count)
                        break;
                /* Nothing was cut and no zero run is pending, so a zero run begins here. */
                if (!cutter->zero_run_left && !measure_zero_run(cutter, buffer, error))
                        return false;
                cut_zeros(cutter, cuts, count);
        }
        return *count || check_unchanged(cutter, error);
}
