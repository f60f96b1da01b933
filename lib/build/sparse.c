/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sparse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

enum { COPY_BYTES = 1 << 20 };

/* Find the next range of data at or after `at`; `begin` is `size` if there is none. */
static void next_data(int fd, off_t at, off_t size, off_t *begin, off_t *end)
{
        *begin = lseek(fd, at, SEEK_DATA);
        if (*begin < 0) {
                *begin = errno == ENXIO ? size : at;
                *end = size;
                return;
        }
        *end = lseek(fd, *begin, SEEK_HOLE);
        if (*end < 0 || *end > size)
                *end = size;
}

static bool copy_range(int in, int out, off_t begin, off_t end, const char *from, const char *to,
                       GError **error)
{
        g_autofree char *buffer = g_malloc(COPY_BYTES);
        for (off_t at = begin; at < end;) {
                size_t n = (size_t)MIN(end - at, COPY_BYTES);
                if (!fd_read_exactly(in, buffer, n, (uint64_t)at, from, error) ||
                    !fd_write_exactly(out, buffer, n, (uint64_t)at, to, error))
                        return false;
                at += (off_t)n;
        }
        return true;
}

static bool copy_data(int in, int out, off_t size, const char *from, const char *to, GError **error)
{
        if (ioctl(out, FICLONE, in) == 0)
                return true;
        if (ftruncate(out, size) != 0)
                return fail_errno(error, "cannot size '%s'", to);
        for (off_t at = 0, begin = 0, end = 0; at < size; at = end) {
                next_data(in, at, size, &begin, &end);
                if (begin >= size)
                        break;
                if (!copy_range(in, out, begin, end, from, to, error))
                        return false;
        }
        return true;
}

bool sparse_copy(const char *from, const char *to, GError **error)
{
        struct stat st;
        g_autofd in = open(from, O_RDONLY | O_CLOEXEC);
        if (in < 0 || fstat(in, &st) != 0)
                return fail_errno(error, "cannot open '%s'", from);
        if (!S_ISREG(st.st_mode))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a regular file", from);
        g_autofd out = open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (out < 0)
                return fail_errno(error, "cannot make '%s'", to);
        return copy_data(in, out, st.st_size, from, to, error);
}
