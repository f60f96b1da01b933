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

/* libvirt gives a container the whole tree of all control groups, with the limits of all other containers and the
 * processes of the host. systemd in a container writes to a hierarchy of version 1 that has a name and no controller.
 * Of version 2, systemd needs the only hierarchy writable, and its container keeps it. */
static bool is_covered(const char *type, const char *at, const char *options, bool runs_systemd)
{
        if (strcmp(type, "cgroup2") == 0)
                return strcmp(at, "/sys/fs/cgroup") == 0 && !runs_systemd;
        return strcmp(type, "cgroup") == 0 && g_str_has_prefix(at, "/sys/fs/cgroup/") &&
               !strstr(options, "name=");
}

static void add_control_groups(GPtrArray *mounts, bool runs_systemd)
{
        g_autofree char *text = NULL;
        g_file_get_contents("/proc/self/mounts", &text, NULL, NULL);
        g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, " ", -1);
                if (g_strv_length(fields) >= 4 && is_covered(fields[2], fields[1], fields[3], runs_systemd))
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
        /* Of the image: a container can change the init in its root. */
        g_autofree char *image = g_build_filename(parent, "image", NULL);
        add_control_groups(mounts, instance_root_init(image) == INIT_SYSTEMD);
        return true;
}
