/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outputs.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

const char *const outputs_endings[OUTPUTS] = {".kernel", ".initrd", ".packages", ""};

char *outputs_beside(const char *image, const char *ending)
{
        return g_strconcat(image, ending, NULL);
}

bool outputs_check(const char *image, GError **error)
{
        struct stat st;
        g_autofree char *directory = g_path_get_dirname(image);
        if (access(directory, W_OK | X_OK) != 0)
                return fail_errno(error, "cannot write into the directory '%s'", directory);
        if (lstat(image, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is there already, and is not a file", image);
        return true;
}

bool outputs_open(Outputs *outputs, const char *image, GError **error)
{
        outputs->image = image;
        for (int i = 0; i < OUTPUTS; i++) {
                outputs->partial[i] = g_strconcat(image, outputs_endings[i], ".partial", NULL);
                if (unlink(outputs->partial[i]) != 0 && errno != ENOENT)
                        return fail_errno(error, "cannot remove '%s'", outputs->partial[i]);
        }
        return true;
}

bool outputs_commit(const Outputs *outputs, GError **error)
{
        if (unlink(outputs->image) != 0 && errno != ENOENT)
                return fail_errno(error, "cannot replace '%s'", outputs->image);
        for (int i = 0; i < OUTPUTS; i++) {
                g_autofree char *target = outputs_beside(outputs->image, outputs_endings[i]);
                bool made = access(outputs->partial[i], F_OK) == 0;
                if (made && !file_commit(outputs->partial[i], target, error))
                        return false;
                if (!made && unlink(target) != 0 && errno != ENOENT)
                        return fail_errno(error, "cannot remove '%s'", target);
        }
        return true;
}

void outputs_clear(Outputs *outputs)
{
        for (int i = 0; i < OUTPUTS; i++) {
                if (outputs->partial[i])
                        unlink(outputs->partial[i]);
                g_clear_pointer(&outputs->partial[i], g_free);
        }
}
