/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps a container's changes to its root in a file system of its own, in a file: a container can fill that, but not
 * the host's file system. A project quota would do the same, but the ext4 that Debian makes has none. */
#include "instance_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "files.h"
#include "mounts.h"
#include "process.h"

/* Bounds. DU_MAX_BYTES: du prints a size and a path. JOURNAL_MIB: mkfs would use an eighth of a small file system. */
enum { DU_MAX_BYTES = 8192, JOURNAL_MIB = 8 };

/* Earlier releases kept the changes in two directories of the host. */
#define OLD_UPPER "upper"
#define OLD_WORK  "work"
#define OLD       "old"

static bool move_if_there(const char *from, const char *to, GError **error)
{
        return rename(from, to) == 0 || errno == ENOENT || fail_errno(error, "cannot rename '%s'", from);
}

bool instance_changes_close(const char *root_directory, GError **error)
{
        g_autofree char *upper = g_build_filename(root_directory, OLD_UPPER, NULL);
        g_autofree char *old = g_build_filename(root_directory, OLD, NULL);
        g_autofree char *to = g_build_filename(old, OLD_UPPER, NULL);
        return !g_file_test(upper, G_FILE_TEST_EXISTS) ||
               (directory_make(old, 0700, error) && move_if_there(upper, to, error));
}

/* Sums up the blocks of the files in `directory`; 0 if there are none. */
static bool size_of(const char *directory, uint64_t *size_bytes, GError **error)
{
        const char *argv[] = {"du", "-s", "-B1", directory, NULL};
        g_autoptr(GBytes) output = NULL;
        *size_bytes = 0;
        if (!g_file_test(directory, G_FILE_TEST_EXISTS))
                return true;
        if (!process_run(&(Process){.argv = argv, .max_output_bytes = DU_MAX_BYTES}, &output, NULL, error))
                return false;
        *size_bytes = g_ascii_strtoull(g_bytes_get_data(output, NULL), NULL, 10);
        return true;
}

/* Makes the file system and gives it its name once it is complete. mkfs copies the changes that an earlier release
 * kept, with owners, modes and attributes; they get room in addition to `size_bytes`. */
static bool make(const char *path, const char *old, uint64_t size_bytes, GError **error)
{
        g_autofree char *partial = g_strconcat(path, ".partial", NULL);
        g_autofree char *journal = g_strdup_printf("size=%d", JOURNAL_MIB);
        bool has_old = g_file_test(old, G_FILE_TEST_EXISTS);
        uint64_t old_bytes = 0;
        const char *argv[] = {"mkfs.ext4",           "-q", "-F", "-m", "0", "-J", journal, partial,
                              has_old ? "-d" : NULL, old,  NULL};
        if (!size_of(old, &old_bytes, error))
                return false;
        uint64_t all_bytes = size_bytes + (old_bytes + old_bytes / 4) / 4096 * 4096;
        return instance_make_sparse(partial, all_bytes, error) &&
               process_run(&(Process){.argv = argv}, NULL, NULL, error) && file_commit(partial, path, error);
}

/* Removes the directories of an earlier release, whose content is in the file now. */
static bool forget_old(const char *root_directory, GError **error)
{
        static const char *const names[] = {OLD, OLD_UPPER, OLD_WORK};
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *path = g_build_filename(root_directory, names[i], NULL);
                if (!directory_remove(path, error))
                        return false;
        }
        return true;
}

static bool prepare(const char *root_directory, const char *path, uint64_t size_bytes, GError **error)
{
        g_autofree char *old = g_build_filename(root_directory, OLD, NULL);
        bool is_there = g_file_test(path, G_FILE_TEST_EXISTS);
        if (is_there ? !volume_grow(path, size_bytes, error)
                     : !instance_changes_close(root_directory, error) || !make(path, old, size_bytes, error))
                return false;
        return forget_old(root_directory, error);
}

static char *changes_path(const InstanceHost *host, const Instance *instance)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *directory = instance_root_directory(host, d->service, d->version);
        return g_build_filename(directory, "changes.raw", NULL);
}

bool instance_changes_make(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *directory = instance_root_directory(host, d->service, d->version);
        g_autofree char *path = changes_path(host, instance);
        if (prepare(directory, path, d->disk_bytes, error))
                return true;
        g_prefix_error(error, "root: ");
        return false;
}

char *instance_changes_mount(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *path = changes_path(host, instance);
        g_autofree char *mounts = instance_mounts_directory(host, d->service, d->version);
        g_autofree char *at = g_build_filename(mounts, "changes", NULL);
        if (!instance_changes_make(host, instance, error))
                return NULL;
        if (mount_image(path, "ext4", "nosuid,nodev,discard", at, error))
                return g_steal_pointer(&at);
        g_prefix_error(error, "root: ");
        return NULL;
}
