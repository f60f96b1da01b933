/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uefi.h"

#include <glib.h>
#include <string.h>

/* True if the firmware description `path` names `target`. Not asked of libvirt, which keeps reporting what it found
 * when it started. */
static bool names_it(const char *path, const char *target)
{
        g_autofree char *text = NULL;
        return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, "\"uefi\"") &&
               strstr(text, target);
}

bool uefi_is_here(const char *architecture)
{
        static const char *const directories[] = {"/etc/qemu/firmware", "/usr/share/qemu/firmware"};
        const char *target = strcmp(architecture, "arm64") == 0 ? "\"aarch64\"" : "\"x86_64\"";
        for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
                g_autoptr(GDir) files = g_dir_open(directories[i], 0, NULL);
                const char *name = NULL;
                while (files && (name = g_dir_read_name(files))) {
                        g_autofree char *path = g_build_filename(directories[i], name, NULL);
                        if (g_str_has_suffix(name, ".json") && names_it(path, target))
                                return true;
                }
        }
        return false;
}
