/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mounts.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "errors.h"
#include "files.h"
#include "process.h"

enum { BUSY_TRIES = 20, BUSY_WAIT_US = 50000 };

bool mount_image(const char *image, const char *type, const char *options, const char *at, GError **error)
{
        g_autofree char *all = g_strconcat("loop,", options, NULL);
        const char *argv[] = {"mount", "-n", "-t", type, "-o", all, "--", image, at, NULL};
        if (!directory_make(at, 0755, error))
                return false;
        if (process_run(&(Process){.argv = argv}, NULL, NULL, error))
                return true;
        g_prefix_error(error, "cannot mount '%s': ", image);
        return false;
}

/* Escapes the characters that separate the options of an overlay. */
static char *overlay_escape(const char *path)
{
        GString *escaped = g_string_new(NULL);
        for (; *path; path++) {
                if (strchr("\\:,", *path))
                        g_string_append_c(escaped, '\\');
                g_string_append_c(escaped, *path);
        }
        return g_string_free(escaped, false);
}

/* Fails if the overlay is read-only: the kernel mounts it so, without an error, if it cannot make its directory below
 * `work`. */
static bool check_writable(const char *upper, const char *at, GError **error)
{
        struct statvfs st;
        if (statvfs(at, &st) != 0)
                return fail_errno(error, "cannot look at '%s'", at);
        if (!(st.f_flag & ST_RDONLY))
                return true;
        umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW);
        return fail(error, LAUTTA_ERROR_NO_SPACE, "cannot keep changes in '%s': its disk is full", upper);
}

bool mount_overlay(const char *lower, const char *upper, const char *work, const char *at, GError **error)
{
        if (!directory_make(upper, 0755, error) || !directory_make(work, 0700, error) ||
            !directory_make(at, 0755, error))
                return false;
        g_autofree char *l = overlay_escape(lower), *u = overlay_escape(upper), *w = overlay_escape(work);
        g_autofree char *options = g_strdup_printf("lowerdir=%s,upperdir=%s,workdir=%s", l, u, w);
        if (mount("overlay", at, "overlay", MS_NODEV, options) == 0)
                return check_writable(upper, at, error);
        return fail_errno(
                error,
                "cannot mount an overlay of '%s' with its changes in '%s' (is that an overlay itself?)",
                lower, upper);
}

/* Decodes "\040" and the like, which stand for blanks in mountinfo (proc(5)). */
static char *unescape(const char *field)
{
        return g_strcompress(field);
}

GPtrArray *mounts_below(const char *mountinfo, const char *directory)
{
        GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *below = g_strconcat(directory, "/", NULL);
        g_auto(GStrv) lines = g_strsplit(mountinfo, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, " ", 6);
                if (g_strv_length(fields) < 6)
                        continue;
                g_autofree char *path = unescape(fields[4]);
                if (strcmp(path, directory) == 0 || g_str_has_prefix(path, below))
                        g_ptr_array_insert(paths, 0, g_steal_pointer(&path));
        }
        return paths;
}

/* A program may still use the mount for a moment. A mount that stays busy is detached, and ends with its last user. */
static bool unmount(const char *path, GError **error)
{
        for (unsigned i = 0; i < BUSY_TRIES; i++) {
                if (umount2(path, UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT)
                        return true;
                if (errno != EBUSY)
                        break;
                g_usleep(BUSY_WAIT_US);
        }
        return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0 || errno == EINVAL ||
               fail_errno(error, "cannot unmount '%s'", path);
}

bool unmount_below(const char *directory, GError **error)
{
        g_autofree char *mountinfo = NULL;
        if (!g_file_get_contents("/proc/self/mountinfo", &mountinfo, NULL, error))
                return false;
        char *real = realpath(directory, NULL);
        if (!real)
                return errno == ENOENT || fail_errno(error, "cannot look for mounts below '%s'", directory);
        g_autoptr(GPtrArray) paths = mounts_below(mountinfo, real);
        free(real);
        for (unsigned i = 0; i < paths->len; i++)
                if (!unmount(paths->pdata[i], error))
                        return false;
        return true;
}
