/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "repository_lock.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "units.h"

enum { HOLDER_MAX_BYTES = 256 };

static char *describe_self(void)
{
        g_autofree char *now = time_format(g_get_real_time() / G_USEC_PER_SEC);
        const char *program = g_get_prgname();
        return g_strdup_printf("'%s', process %d of %s at %s, since %s", program ? program : "lautta",
                               (int)getpid(), g_get_user_name(), g_get_host_name(), now);
}

static char *read_holder(int fd)
{
        char text[HOLDER_MAX_BYTES + 1] = "";
        ssize_t size = pread(fd, text, HOLDER_MAX_BYTES, 0);
        text[MAX(size, 0)] = '\0';
        char *valid = g_utf8_make_valid(g_strstrip(text), -1);
        return *valid ? valid : (g_free(valid), g_strdup("another process"));
}

/* Write the holder's name into the lock file, for people to read. A failure does not matter. */
static void write_holder(int fd)
{
        g_autofree char *self = describe_self();
        if (ftruncate(fd, 0) == 0)
                fd_write_exactly(fd, self, strlen(self), 0, "lock", NULL);
}

static bool flock_retry(int fd, int operation)
{
        int result = 0;
        do
                result = flock(fd, operation);
        while (result != 0 && errno == EINTR);
        return result == 0;
}

int repository_lock_take(int fd, void (*waiting)(const char *holder, void *user), void *user, GError **error)
{
        g_autofd file = fd;
        if (!flock_retry(file, LOCK_EX | LOCK_NB)) {
                if (errno == EWOULDBLOCK && waiting) {
                        g_autofree char *holder = read_holder(file);
                        waiting(holder, user);
                }
                if (!flock_retry(file, LOCK_EX)) {
                        fail_errno(error, "cannot lock the depot");
                        return -1;
                }
        }
        write_holder(file);
        return fd_steal(&file);
}
