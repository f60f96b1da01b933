/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workplace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "errors.h"
#include "files.h"
#include "process.h"

static char *place_for(const char *image)
{
        g_autofree char *absolute = g_canonicalize_filename(image, NULL);
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(absolute, strlen(absolute), digest);
        g_autofree char *hex = digest_to_hex(digest);
        const char *parent = g_getenv("TMPDIR");
        return g_strdup_printf("%s/lautta-build-%u-%.16s", parent && *parent ? parent : "/var/tmp", geteuid(),
                               hex);
}

/* Another user may have made the directory first, as its name can be guessed. */
static int open_own(const char *path, GError **error)
{
        struct stat st;
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
                fail_errno(error, "cannot make '%s'", path);
                return -1;
        }
        g_autofd fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) != 0) {
                fail_errno(error, "cannot open '%s'", path);
                return -1;
        }
        if (st.st_uid != geteuid()) {
                fail(error, LAUTTA_ERROR_CONFLICT, "'%s' belongs to another user", path);
                return -1;
        }
        return fd_steal(&fd);
}

static void empty_out(const char *path)
{
        g_autofree char *inside = g_build_filename(path, "x", NULL);
        if (directory_remove(inside, NULL) || geteuid() == 0)
                return;
        const char *argv[] = {"mmdebstrap", "--unshare-helper", "rm", "-rf", "--", inside, NULL};
        Process process = {.argv = argv};
        process_run(&process, NULL, NULL, NULL);
}

bool workplace_open(Workplace *place, const char *image, GError **error)
{
        g_autofree char *path = place_for(image);
        g_autofree char *inside = g_build_filename(path, "x", NULL);
        g_autofd lock = open_own(path, error);
        if (lock < 0)
                return false;
        if (flock(lock, LOCK_EX | LOCK_NB) != 0)
                return fail(error, LAUTTA_ERROR_CONFLICT, "another build of '%s' is running", image);
        empty_out(path);
        /* apt downloads as a user of its own; in a user namespace, root is not the one who made the
         * directory. */
        mode_t mode = geteuid() == 0 ? 0711 : 0755;
        if (!directory_make(inside, mode, error))
                return false;
        if (fchmod(lock, mode) != 0 || chmod(inside, mode) != 0)
                return fail_errno(error, "cannot open '%s' up", path);
        *place = (Workplace){g_steal_pointer(&path), fd_steal(&lock)};
        return true;
}

void workplace_close(Workplace *place)
{
        if (!place->path)
                return;
        empty_out(place->path);
        rmdir(place->path);
        close(place->lock);
        g_clear_pointer(&place->path, g_free);
}

char *workplace_file(const Workplace *place, const char *name)
{
        return g_build_filename(place->path, "x", name, NULL);
}
