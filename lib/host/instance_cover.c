/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Covers for the files of /proc and /sys by which root in a container could harm the whole host: there is no
 * user namespace, so uid 0 passes their modes. The tables are runc's and the kernel's own page tables. libvirt
 * makes /proc/sys and /sys read-only. No container has CAP_SYS_ADMIN, which could unmount a cover. */
#include "instance_private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "files.h"

static const char *const read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/pressure",
                                        "/proc/sysrq-trigger"};

static const char *const hidden[] = {
        "/proc/acpi",        "/proc/asound",      "/proc/kcore",         "/proc/keys", "/proc/kpagecount",
        "/proc/kpagecgroup", "/proc/kpageflags",  "/proc/latency_stats", "/proc/scsi", "/proc/sched_debug",
        "/proc/timer_list",  "/proc/timer_stats", "/sys/firmware",
};

static void add(GPtrArray *mounts, const char *source, const char *at)
{
        DomainMount *mount = g_new0(DomainMount, 1);
        mount->source = g_strdup(source);
        mount->at = g_strdup(at);
        mount->read_only = true;
        g_ptr_array_add(mounts, mount);
}

/* Of control groups of version 1, libvirt gives a container the whole tree of each controller, with the limits of
 * all other containers. Of version 2 it gives the container's own branch. systemd in a container writes to its
 * own hierarchy only, which has a name and no controller. */
static void add_control_groups(GPtrArray *mounts)
{
        g_autofree char *text = NULL;
        g_file_get_contents("/proc/self/mounts", &text, NULL, NULL);
        g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, " ", -1);
                if (g_strv_length(fields) >= 4 && strcmp(fields[2], "cgroup") == 0 &&
                    g_str_has_prefix(fields[1], "/sys/fs/cgroup/") && !strstr(fields[3], "name="))
                        add(mounts, fields[1], fields[1]);
        }
}

static bool make_empty(const char *directory, const char *file, GError **error)
{
        if (!directory_make(directory, 0555, error))
                return false;
        g_autofd fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0444);
        return fd >= 0 || fail_errno(error, "cannot make '%s'", file);
}

bool instance_cover(const InstanceHost *host, const Instance *instance, GPtrArray *mounts, GError **error)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *parent = instance_mounts_directory(host, d->service, d->version);
        g_autofree char *directory = g_build_filename(parent, "empty", NULL);
        g_autofree char *file = g_build_filename(parent, "nothing", NULL);
        struct stat info;
        if (!make_empty(directory, file, error))
                return false;
        for (size_t i = 0; i < G_N_ELEMENTS(read_only); i++)
                if (stat(read_only[i], &info) == 0)
                        add(mounts, read_only[i], read_only[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(hidden); i++)
                if (stat(hidden[i], &info) == 0)
                        add(mounts, S_ISDIR(info.st_mode) ? directory : file, hidden[i]);
        add_control_groups(mounts);
        return true;
}
