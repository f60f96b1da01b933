/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "instance_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain_xml.h"
#include "errors.h"
#include "files.h"
#include "mounts.h"
#include "paths.h"
#include "process.h"

/* Longest serial number of a virtio disk. */
enum { SERIAL_MAX = 20 };

bool instance_make_sparse(const char *path, uint64_t size_bytes, GError **error)
{
        g_autofd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 || ftruncate(fd, (off_t)size_bytes) < 0)
                return fail_errno(error, "cannot make '%s'", path);
        return true;
}

/* The file gets its name once it is complete: a file of that name is never formatted again. */
static bool volume_make(const char *path, const ServiceVolume *volume, GError **error)
{
        g_autofree char *partial = g_strconcat(path, ".partial", NULL);
        g_autofree char *label = g_strndup(volume->name, VOLUME_LABEL_MAX);
        const char *argv[] = {"mkfs.ext4", "-q", "-F", "-L", label, "-m", "0", partial, NULL};
        return instance_make_sparse(partial, volume->size_bytes, error) &&
               process_run(&(Process){.argv = argv}, NULL, NULL, error) && file_commit(partial, path, error);
}

/* Makes the volume if it is absent, and grows it if it is too small. QEMU, which is not root, must pass the directory.
 * Returns: owned path of its file. */
static char *volume_file(const InstanceHost *host, const Instance *instance, const ServiceVolume *volume,
                         GError **error)
{
        g_autofree char *directory = paths_volumes(host->state_directory, instance->description->service);
        g_autofree char *file = g_strconcat(volume->name, ".raw", NULL);
        g_autofree char *path = g_build_filename(directory, file, NULL);
        if (!directory_make(directory, 0711, error))
                return NULL;
        bool is_there = g_file_test(path, G_FILE_TEST_EXISTS);
        if (is_there ? !volume_grow(path, volume->size_bytes, error) : !volume_make(path, volume, error))
                return NULL;
        return g_steal_pointer(&path);
}

char *volume_note(const char *path, const char *what)
{
        return g_strconcat(path, what, NULL);
}

static bool check_written_by_host(const char *path, GError **error)
{
        g_autofree char *marker = volume_note(path, VOLUME_OF_MACHINE);
        if (!g_file_test(marker, G_FILE_TEST_EXISTS))
                return true;
        return fail(
                error, LAUTTA_ERROR_CONFLICT,
                "it has been written by a virtual machine, so the host does not mount it for a container ('%s'): run the service as a machine, or purge it",
                path);
}

static DomainMount *volume_mount(const InstanceHost *host, const Instance *instance,
                                 const ServiceVolume *volume, GError **error)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *mounts = instance_mounts_directory(host, d->service, d->version);
        g_autofree char *at = g_build_filename(mounts, "volumes", volume->name, NULL);
        g_autofree char *path = volume_file(host, instance, volume, error);
        if (!path || !check_written_by_host(path, error) ||
            !mount_image(path, "ext4", "nosuid,nodev", at, error)) {
                g_prefix_error(error, "volume '%s': ", volume->name);
                return NULL;
        }
        DomainMount *mount = g_new0(DomainMount, 1);
        mount->source = g_steal_pointer(&at);
        mount->at = g_strdup(volume->at);
        return mount;
}

GPtrArray *instance_volumes_mount(const InstanceHost *host, const Instance *instance, GError **error)
{
        const GPtrArray *volumes = instance->description->volumes;
        g_autoptr(GPtrArray) result = g_ptr_array_new_with_free_func((GDestroyNotify)domain_mount_free);
        for (unsigned i = 0; i < volumes->len; i++) {
                DomainMount *mount = volume_mount(host, instance, volumes->pdata[i], error);
                if (!mount)
                        return NULL;
                g_ptr_array_add(result, mount);
        }
        return g_steal_pointer(&result);
}

static DomainDisk *volume_attach(const InstanceHost *host, const Instance *instance,
                                 const ServiceVolume *volume, GError **error)
{
        g_autofree char *path = volume_file(host, instance, volume, error);
        g_autofree char *marker = path ? volume_note(path, VOLUME_OF_MACHINE) : NULL;
        if (!path || (!g_file_test(marker, G_FILE_TEST_EXISTS) &&
                      !file_write_atomically(marker, "", 0, 0600, error))) {
                g_prefix_error(error, "volume '%s': ", volume->name);
                return NULL;
        }
        DomainDisk *disk = g_new0(DomainDisk, 1);
        disk->path = g_steal_pointer(&path);
        disk->serial = g_strndup(volume->name, SERIAL_MAX);
        return disk;
}

bool instance_volumes_attach(const InstanceHost *host, const Instance *instance, GPtrArray *disks,
                             GError **error)
{
        const GPtrArray *volumes = instance->description->volumes;
        for (unsigned i = 0; i < volumes->len; i++) {
                DomainDisk *disk = volume_attach(host, instance, volumes->pdata[i], error);
                if (!disk)
                        return false;
                g_ptr_array_add(disks, disk);
        }
        return true;
}

bool instance_remove_volumes(const InstanceHost *host, const char *service, GError **error)
{
        g_autofree char *directory = paths_volumes(host->state_directory, service);
        return instance_unmount(host, service, NULL, error) && directory_remove(directory, error);
}
