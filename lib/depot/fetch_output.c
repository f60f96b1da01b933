/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a fetch that handles its output files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "fetch_private.h"
#include "files.h"
#include "target.h"

bool fetch_check_output(const char *output, GError **error)
{
        struct stat st;
        if (!*output || g_str_has_suffix(output, "/") || (stat(output, &st) == 0 && !S_ISREG(st.st_mode)))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' cannot be the image: name a file", output);
        return true;
}

/* True if `path` still names the file that is open as `fd`. The call that held its lock may have renamed or
 * removed the file. */
static bool is_file_of_name(int fd, const char *path)
{
        struct stat by_fd, by_name;
        return fstat(fd, &by_fd) == 0 && lstat(path, &by_name) == 0 && by_fd.st_ino == by_name.st_ino &&
               by_fd.st_dev == by_name.st_dev;
}

bool fetch_lock_output(Fetch *fetch, GError **error)
{
        const char *path = fetch->partials[BLOB_IMAGE];
        for (;;) {
                g_autofd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
                if (fd < 0)
                        return fail_errno(error, "cannot create '%s'", path);
                bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
                if (!locked && errno != EWOULDBLOCK)
                        return fail_errno(error, "cannot lock '%s'", path);
                if (!locked)
                        return fail(error, LAUTTA_ERROR_CONFLICT,
                                    "another call is fetching to '%s': wait for it, or choose another output",
                                    fetch->request->output);
                if (is_file_of_name(fd, path)) {
                        fetch->lock_fd = fd_steal(&fd);
                        return true;
                }
        }
}

/* Remove a partial file without data: it is of no use to a next call. */
static void remove_if_empty(const char *partial)
{
        struct stat st;
        if (partial && lstat(partial, &st) == 0 && S_ISREG(st.st_mode) && st.st_blocks == 0)
                unlink(partial);
}

void fetch_unlock_output(Fetch *fetch)
{
        if (fetch->lock_fd < 0)
                return;
        for (int i = 0; i < BLOB_COUNT; i++)
                remove_if_empty(fetch->partials[i]);
        close(fetch->lock_fd);
        fetch->lock_fd = -1;
}

bool fetch_find_done(Fetch *fetch, GError **error)
{
        for (Blob blob = 0; blob < BLOB_COUNT; blob++)
                if (fetch->version.indexes[blob] &&
                    !target_is_complete(fetch->version.indexes[blob], fetch->paths[blob], &fetch->done[blob],
                                        error))
                        return false;
        return true;
}

static bool write_index(const Index *index, const char *path, GError **error)
{
        size_t size = 0;
        g_autofree char *target = g_strconcat(path, ".caibx", NULL);
        const void *data = g_bytes_get_data(index_bytes(index), &size);
        return file_write_atomically(target, data, size, 0644, error);
}

/* Remove the previous version's kernel or initrd, which this version does not have. Its index shows that a
 * fetch made the file. */
static void remove_leftover(const Fetch *fetch, Blob blob)
{
        g_autofree char *path = blob_path(blob, fetch->request->output);
        g_autofree char *index = g_strconcat(path, ".caibx", NULL);
        if (unlink(index) == 0)
                unlink(path);
        g_autofree char *partial = g_strconcat(path, ".partial", NULL);
        unlink(partial);
}

bool fetch_show(Fetch *fetch, GError **error)
{
        static const Blob order[] = {BLOB_KERNEL, BLOB_INITRD, BLOB_IMAGE};
        for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
                Blob blob = order[i];
                if (!fetch->version.indexes[blob]) {
                        remove_leftover(fetch, blob);
                        continue;
                }
                if (fetch->done[blob])
                        unlink(fetch->partials[blob]);
                else if (!file_commit(fetch->partials[blob], fetch->paths[blob], error))
                        return false;
                if (!write_index(fetch->version.indexes[blob], fetch->paths[blob], error))
                        return false;
        }
        return true;
}
