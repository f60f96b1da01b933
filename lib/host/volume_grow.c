/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Grows a volume before a guest uses it. No volume is made smaller: a host that returns to an earlier version uses the
 * grown volume. The kernel can grow a mounted file system, but that needs CAP_SYS_RESOURCE. */
#include "instance_private.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "process.h"

/* Exit code of e2fsck(8): errors were corrected. */
enum { E2FSCK_CORRECTED = 1 };

/* Exit code of flock(1) for a lock that is held. */
#define LOCKED_EXIT "75"
enum { LOCKED = 75 };

/* Fails if the volume is in use: a process that did not end may still hold a detached mount. */
static bool check_unused(const char *path, GError **error)
{
        g_autoptr(GDir) devices = g_dir_open("/sys/block", 0, NULL);
        for (const char *name; devices && (name = g_dir_read_name(devices));) {
                g_autofree char *file = g_build_filename("/sys/block", name, "loop", "backing_file", NULL);
                g_autofree char *backing = NULL;
                if (g_str_has_prefix(name, "loop") && g_file_get_contents(file, &backing, NULL, NULL) &&
                    g_strcmp0(g_strchomp(backing), path) == 0)
                        return fail(error, LAUTTA_ERROR_TRY_AGAIN, "'%s' is still in use by '/dev/%s'", path,
                                    name);
        }
        return true;
}

static bool lengthen(const char *path, uint64_t size_bytes, GError **error)
{
        g_autofd fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        return (fd >= 0 && ftruncate(fd, (off_t)size_bytes) == 0 && fsync(fd) == 0) ||
               fail_errno(error, "cannot grow '%s'", path);
}

/* The program holds the lock while it runs, also after this process is killed. */
static bool run_locked(const char *note, const char *const *command, int *exit_code, GError **error)
{
        const char *argv[] = {"flock",    "-n",       "-E",       LOCKED_EXIT, note,
                              command[0], command[1], command[2], command[3],  NULL};
        if (!process_run(&(Process){.argv = argv}, NULL, exit_code, error))
                return false;
        return *exit_code != LOCKED ||
               fail(error, LAUTTA_ERROR_TRY_AGAIN, "it is still being grown ('%s' is locked)", note);
}

static bool check_file_system(const char *path, const char *note, bool was_interrupted, GError **error)
{
        const char *command[] = {"e2fsck", "-f", was_interrupted ? "-y" : "-p", path};
        int code = 0;
        if (!run_locked(note, command, &code, error))
                return false;
        return code <= E2FSCK_CORRECTED ||
               fail(error, LAUTTA_ERROR_CORRUPT,
                    "the file system in '%s' is not whole: repair it by hand, with e2fsck", path);
}

static bool fill(const char *path, const char *note, GError **error)
{
        const char *command[] = {"resize2fs", path, NULL, NULL};
        int code = 0;
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return fail_errno(error, "cannot open '%s'", path);
        if (!run_locked(note, command, &code, error))
                return false;
        return (code == 0 ||
                fail(error, LAUTTA_ERROR_SYSTEM, "resize2fs fails with %d on '%s'", code, path)) &&
               (fsync(fd) == 0 || fail_errno(error, "cannot write '%s'", path));
}

/* A killed resize2fs leaves a file system that only `e2fsck -y` repairs, without loss (tried at each of its writes). So
 * a note says that one is at work. */
static bool grow_file_system(const char *path, const char *note, uint64_t size_bytes, GError **error)
{
        bool was_interrupted = g_file_test(note, G_FILE_TEST_EXISTS);
        if (!check_unused(path, error) ||
            (!was_interrupted && !file_write_atomically(note, "", 0, 0600, error)) ||
            !lengthen(path, size_bytes, error) || !check_file_system(path, note, was_interrupted, error) ||
            !fill(path, note, error))
                return false;
        return unlink(note) == 0 || fail_errno(error, "cannot remove '%s'", note);
}

bool volume_grow(const char *path, uint64_t size_bytes, GError **error)
{
        struct stat st;
        g_autofree char *growing = volume_note(path, VOLUME_GROWING);
        g_autofree char *machine = volume_note(path, VOLUME_OF_MACHINE);
        if (stat(path, &st) < 0)
                return fail_errno(error, "cannot look at '%s'", path);
        uint64_t larger_bytes = MAX((uint64_t)st.st_size, size_bytes);
        bool is_small = (uint64_t)st.st_size < size_bytes;
        if (g_file_test(machine, G_FILE_TEST_EXISTS))
                return !is_small || lengthen(path, larger_bytes, error);
        return (!is_small && !g_file_test(growing, G_FILE_TEST_EXISTS)) ||
               grow_file_system(path, growing, larger_bytes, error);
}
