/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

/* The parents of `path` below `root`, each made, readable by all, and durable in its own parent. */
static bool make_parents(const char *root, const char *path, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        g_autoptr(GString) place = g_string_new(root);
        for (char **part = parts; part[1]; part++) {
                g_string_append_printf(place, "/%s", *part);
                if (mkdir(place->str, 0755) != 0) {
                        if (errno == EEXIST)
                                continue;
                        return fail_errno(error, "cannot make directory '%s'", place->str);
                }
                if (chmod(place->str, 0755) != 0)
                        return fail_errno(error, "cannot set the mode of '%s'", place->str);
                if (!directory_sync_parent(place->str, error))
                        return false;
        }
        return true;
}

bool tree_place(const char *root, const char *from, const char *to, GError **error)
{
        g_autofree char *target = g_build_filename(root, to, NULL);
        if (!make_parents(root, to, error))
                return false;
        if (chmod(from, 0644) != 0)
                return fail_errno(error, "cannot set the mode of '%s'", from);
        return file_commit(from, target, error);
}

bool tree_remove(const char *root, const char *path, GError **error)
{
        g_autofree char *full = g_build_filename(root, path, NULL);
        if (unlink(full) != 0 && errno != ENOENT)
                return fail_errno(error, "cannot remove '%s'", full);
        g_autofree char *place = g_path_get_dirname(path);
        while (strchr(place, '/')) {
                g_autofree char *directory = g_build_filename(root, place, NULL);
                if (rmdir(directory) != 0)
                        break;
                char *parent = g_path_get_dirname(place);
                g_free(place);
                place = parent;
        }
        return true;
}
