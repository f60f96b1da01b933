/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

#define OWN_GROUPS "lautta-containers"

/* A container that forks all the time is caught after a few rounds: only processes that are still outside fork
 * outside. */
enum { CATCH_ROUNDS = 200 };

/* The mounted control groups that count processes. */
typedef struct {
        char *at;   /* mount point */
        char *root; /* the group that the mount shows at its root */
        bool is_v2;
} Hierarchy;

static void hierarchy_clear(Hierarchy *hierarchy)
{
        g_free(hierarchy->at);
        g_free(hierarchy->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Hierarchy, hierarchy_clear)

static bool has_option(const char *options, const char *wanted)
{
        g_auto(GStrv) all = g_strsplit(options, ",", -1);
        return g_strv_contains((const char *const *)all, wanted);
}

/* A hierarchy of version 2 is mounted whichever controllers the kernel has; another mount may hide one of version 1. */
static bool counts_processes(const Hierarchy *hierarchy)
{
        const char *file = hierarchy->is_v2 ? "cgroup.controllers" : "cgroup.procs";
        g_autofree char *path = g_build_filename(hierarchy->at, file, NULL);
        g_autofree char *text = NULL;
        if (!hierarchy->is_v2)
                return g_file_test(path, G_FILE_TEST_EXISTS);
        if (!g_file_get_contents(path, &text, NULL, NULL))
                return false;
        g_auto(GStrv) controllers = g_strsplit(g_strchomp(text), " ", -1);
        return g_strv_contains((const char *const *)controllers, "pids");
}

/* Take the hierarchy of a line of mountinfo (proc(5)) if it is better than the present one: the controller is in one
 * of version 1 or in that of version 2. */
static void take_mount(Hierarchy *hierarchy, const char *line)
{
        const char *type = strstr(line, " - ");
        g_auto(GStrv) fields = g_strsplit(line, " ", 6);
        g_auto(GStrv) more = g_strsplit(type ? type + 3 : "", " ", 3);
        if (g_strv_length(fields) < 6 || g_strv_length(more) < 3)
                return;
        bool is_v1 = strcmp(more[0], "cgroup") == 0 && has_option(more[2], "pids");
        if (!is_v1 && (strcmp(more[0], "cgroup2") != 0 || hierarchy->at))
                return;
        g_auto(Hierarchy) found = {g_strdup(fields[4]), g_strdup(fields[3]), !is_v1};
        if (!counts_processes(&found))
                return;
        hierarchy_clear(hierarchy);
        *hierarchy = found;
        found = (Hierarchy){0};
}

static bool find_hierarchy(Hierarchy *hierarchy, GError **error)
{
        g_autofree char *mountinfo = NULL;
        if (!g_file_get_contents("/proc/self/mountinfo", &mountinfo, NULL, error))
                return false;
        g_auto(GStrv) lines = g_strsplit(mountinfo, "\n", -1);
        for (char **line = lines; *line; line++)
                take_mount(hierarchy, *line);
        return hierarchy->at ||
               fail(error, LAUTTA_ERROR_SYSTEM,
                    "the processes of containers have no limit: this host has no control group 'pids'; mount it, or boot without 'cgroup_disable=pids'");
}

bool process_limit_check(GError **error)
{
        g_auto(Hierarchy) hierarchy = {0};
        return find_hierarchy(&hierarchy, error);
}

/* Returns: owned path of the group of `pid`, as below Hierarchy.at; NULL: it has ended. */
static char *group_of(const Hierarchy *hierarchy, int pid)
{
        g_autofree char *file = g_strdup_printf("/proc/%d/cgroup", pid);
        g_autofree char *text = NULL;
        g_file_get_contents(file, &text, NULL, NULL);
        g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, ":", 3);
                if (g_strv_length(fields) < 3 ||
                    !(hierarchy->is_v2 ? *fields[1] == '\0' : has_option(fields[1], "pids")))
                        continue;
                size_t length = strcmp(hierarchy->root, "/") == 0 ? 0 : strlen(hierarchy->root);
                bool is_below = strncmp(fields[2], hierarchy->root, length) == 0;
                return g_strdup(is_below ? fields[2] + length : fields[2]);
        }
        return NULL;
}

static bool write_value(const char *directory, const char *file, const char *value)
{
        g_autofree char *path = g_build_filename(directory, file, NULL);
        g_autofd fd = open(path, O_WRONLY | O_CLOEXEC);
        return fd >= 0 && write(fd, value, strlen(value)) >= 0;
}

static bool write_limit(const char *directory, unsigned limit, GError **error)
{
        g_autofree char *path = g_build_filename(directory, "pids.max", NULL);
        g_autofree char *value = g_strdup_printf("%u", limit);
        g_autofree char *present = NULL;
        if (g_file_get_contents(path, &present, NULL, NULL) && strcmp(g_strchomp(present), value) == 0)
                return true;
        return write_value(directory, "pids.max", value) ||
               fail_errno(error, "cannot limit its processes by '%s'", path);
}

static void add_children_of_thread(GArray *pids, int pid, const char *thread)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/task/%s/children", pid, thread);
        g_autofree char *text = NULL;
        g_file_get_contents(path, &text, NULL, NULL);
        g_auto(GStrv) all = g_strsplit(text ? text : "", " ", -1);
        for (char **one = all; *one; one++) {
                int child = atoi(*one);
                if (child > 0)
                        g_array_append_val(pids, child);
        }
}

/* Returns: owned array of int, each process after its parent, without `controller`. */
static GArray *descendants_of(int controller)
{
        GArray *pids = g_array_new(false, false, sizeof(int));
        g_array_append_val(pids, controller);
        for (unsigned i = 0; i < pids->len; i++) {
                int pid = g_array_index(pids, int, i);
                g_autofree char *path = g_strdup_printf("/proc/%d/task", pid);
                g_autoptr(GDir) threads = g_dir_open(path, 0, NULL);
                for (const char *thread; threads && (thread = g_dir_read_name(threads));)
                        add_children_of_thread(pids, pid, thread);
        }
        g_array_remove_index(pids, 0);
        return pids;
}

static bool is_in(const Hierarchy *hierarchy, int pid, const char *group)
{
        g_autofree char *its = group_of(hierarchy, pid);
        return !its || strcmp(its, group) == 0;
}

/* Move the init last: while it is outside, the work is not done. Returns: how many were outside. */
static unsigned catch_outsiders(const Hierarchy *hierarchy, const GArray *pids, const char *group)
{
        g_autofree char *directory = g_strconcat(hierarchy->at, group, NULL);
        unsigned outside = 0;
        for (unsigned i = pids->len; i > 0; i--) {
                int pid = g_array_index(pids, int, i - 1);
                if (is_in(hierarchy, pid, group))
                        continue;
                g_autofree char *text = g_strdup_printf("%d", pid);
                write_value(directory, "cgroup.procs", text);
                outside++;
        }
        return outside;
}

/* Sets the limit in a group of Lautta's own, which no container sees. */
static bool set_v1(const Hierarchy *hierarchy, const char *name, int controller, unsigned limit,
                   GError **error)
{
        g_autofree char *group = g_strconcat("/" OWN_GROUPS "/", name, NULL);
        g_autofree char *directory = g_strconcat(hierarchy->at, group, NULL);
        if (!directory_make(directory, 0755, error) || !write_limit(directory, limit, error))
                return false;
        for (unsigned i = 0; i < CATCH_ROUNDS; i++) {
                g_autoptr(GArray) pids = descendants_of(controller);
                if (pids->len == 0)
                        return fail(error, LAUTTA_ERROR_NOT_FOUND, "'%s' has ended", name);
                if (i == 0 && is_in(hierarchy, g_array_index(pids, int, 0), group))
                        return true;
                if (catch_outsiders(hierarchy, pids, group) == 0)
                        return true;
        }
        return fail(error, LAUTTA_ERROR_TRY_AGAIN, "'%s' makes processes faster than they can be limited",
                    name);
}

/* Let each group from the root down to the parent of `group` pass the controller on. */
static void enable(const Hierarchy *hierarchy, const char *group)
{
        g_auto(GStrv) parts = g_strsplit(group, "/", -1);
        g_autoptr(GString) path = g_string_new(hierarchy->at);
        for (char **part = parts; *part; part++) {
                if (**part)
                        g_string_append_printf(path, "/%s", *part);
                if (part[1])
                        write_value(path->str, "cgroup.subtree_control", "+pids");
        }
}

/* libvirt makes a group for each container. Where systemd-machined is present, systemd owns that group, and libvirt adds
 * one named "libvirt" below it. The container sees the lower one alone and may write its limit; the upper one holds. */
static bool set_v2(const Hierarchy *hierarchy, const char *name, int controller, unsigned limit,
                   GError **error)
{
        g_autofree char *group = group_of(hierarchy, controller);
        if (!group)
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "'%s' has ended", name);
        g_autofree char *directory = g_strconcat(hierarchy->at, group, NULL);
        g_autofree char *parent = g_path_get_dirname(directory);
        enable(hierarchy, group);
        bool is_nested = g_str_has_suffix(group, "/libvirt") && write_limit(parent, limit, NULL);
        return write_limit(directory, limit, is_nested ? NULL : error) || is_nested;
}

bool process_limit_set(const char *name, int controller, unsigned limit, GError **error)
{
        g_auto(Hierarchy) hierarchy = {0};
        if (!find_hierarchy(&hierarchy, error))
                return false;
        return hierarchy.is_v2 ? set_v2(&hierarchy, name, controller, limit, error)
                               : set_v1(&hierarchy, name, controller, limit, error);
}

char *process_limit_groups(void)
{
        g_auto(Hierarchy) hierarchy = {0};
        if (!find_hierarchy(&hierarchy, NULL) || hierarchy.is_v2)
                return NULL;
        return g_build_filename(hierarchy.at, OWN_GROUPS, NULL);
}
