/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of files.h that makes temporary directories. All those of a process lie in one directory that the
 * process holds a lock on. So the next process knows which directories a killed process has left.
 * (systemd-tmpfiles, too, leaves locked directories alone.) */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

enum { TRIES = 10 };

static const char prefix[] = "lautta-tmp-";

static GMutex mutex;
static char *process_directory; /* or NULL */
static AutoFd process_lock = -1;
static pid_t process_id;

/* Lock the directory `path`. Returns: its descriptor, or -1 if another process has the lock, the directory is
 * gone, or another user owns it. */
static int lock_directory(const char *path)
{
        g_autofd fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat opened, named;
        if (fd < 0 || fstat(fd, &opened) != 0 || opened.st_uid != geteuid() ||
            flock(fd, LOCK_EX | LOCK_NB) != 0)
                return -1;
        /* Another process may have removed it before it was locked. */
        if (lstat(path, &named) != 0 || named.st_ino != opened.st_ino || named.st_dev != opened.st_dev)
                return -1;
        return fd_steal(&fd);
}

/* Remove the directories of processes that are gone. */
static void sweep(const char *parent)
{
        DIR *directory = opendir(parent);
        const struct dirent *entry = NULL;
        while (directory && (entry = readdir(directory))) {
                if (!g_str_has_prefix(entry->d_name, prefix))
                        continue;
                g_autofree char *path = g_build_filename(parent, entry->d_name, NULL);
                g_autofd lock = lock_directory(path);
                if (lock >= 0)
                        directory_remove(path, NULL);
        }
        if (directory)
                closedir(directory);
}

/* Run at exit; the exit of a forked child removes nothing. */
static void remove_process_directory(void)
{
        if (process_directory && process_id == getpid())
                directory_remove(process_directory, NULL);
}

static bool make_process_directory(GError **error)
{
        static bool registered;
        sweep(g_get_tmp_dir());
        for (int i = 0; i < TRIES; i++) {
                g_autofree char *path = g_strdup_printf("%s/%sXXXXXX", g_get_tmp_dir(), prefix);
                if (!g_mkdtemp_full(path, 0700))
                        return fail_errno(error, "cannot make a temporary directory '%s'", path);
                AutoFd lock = lock_directory(path);
                if (lock < 0)
                        continue;
                fd_close_auto(&process_lock);
                process_lock = lock;
                g_free(process_directory);
                process_directory = g_steal_pointer(&path);
                process_id = getpid();
                registered = registered || atexit(remove_process_directory) == 0;
                return true;
        }
        return fail(error, LAUTTA_ERROR_SYSTEM, "cannot lock a temporary directory in '%s'", g_get_tmp_dir());
}

char *directory_make_temporary(GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
        for (int i = 0; i < TRIES; i++) {
                if ((!process_directory || process_id != getpid() ||
                     !g_file_test(process_directory, G_FILE_TEST_IS_DIR)) &&
                    !make_process_directory(error))
                        return NULL;
                g_autofree char *path = g_build_filename(process_directory, "XXXXXX", NULL);
                if (g_mkdtemp_full(path, 0700))
                        return g_steal_pointer(&path);
                if (errno != ENOENT) {
                        fail_errno(error, "cannot make a temporary directory '%s'", path);
                        return NULL;
                }
        }
        fail(error, LAUTTA_ERROR_SYSTEM, "temporary directories in '%s' do not stay", g_get_tmp_dir());
        return NULL;
}

void directory_remove_auto(char **path)
{
        if (*path)
                directory_remove(*path, NULL);
        g_free(*path);
}
