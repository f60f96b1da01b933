/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fstab.h"

static void append_escaped(GString *text, const char *path)
{
        for (; *path; path++)
                if (*path == ' ' || *path == '\t' || *path == '\\' || *path == '#')
                        g_string_append_printf(text, "\\%03o", (unsigned)*path);
                else
                        g_string_append_c(text, *path);
}

/* The host grows the disk of a volume; the guest must grow the file system on it. systemd does not wait for a
 * volume that may be missing, and a service would write into the directory below it. */
static void append_volume(GString *text, const ServiceVolume *volume)
{
        g_string_append_printf(text, "LABEL=%.*s ", VOLUME_LABEL_MAX, volume->name);
        append_escaped(text, volume->at);
        g_string_append(
                text,
                " ext4 nofail,x-systemd.growfs,x-systemd.before=local-fs.target,x-systemd.device-timeout=5min 0 2\n");
}

char *fstab_text(const ServiceDescription *description)
{
        GString *text = g_string_new("# From the description of the service; the host makes the disks.\n"
                                     "/dev/vda / ext4 defaults 0 1\n");
        for (unsigned i = 0; i < description->volumes->len; i++)
                append_volume(text, description->volumes->pdata[i]);
        if (description->swap_bytes > 0)
                g_string_append(text, "LABEL=lautta-swap none swap nofail 0 0\n");
        return g_string_free(text, false);
}
