/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "instance_private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "domain_xml.h"
#include "errors.h"
#include "files.h"
#include "mounts.h"
#include "process.h"

static char *volumes_directory(const InstanceHost *host, const char *service)
{
        return g_build_filename(host->state_directory, "volumes", service, NULL);
}

static bool make_sparse(const char *path, uint64_t size_bytes, GError **error)
{
        g_autofd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || ftruncate(fd, (off_t)size_bytes) < 0)
                return fail_errno(error, "cannot make '%s'", path);
        return true;
}

/* Under its name only when it is whole: a file that bears it is never formatted again. */
static bool volume_make(const char *path, uint64_t size_bytes, GError **error)
{
        g_autofree char *partial = g_strconcat(path, ".partial", NULL);
        const char *argv[] = {"mkfs.ext4", "-q", "-F", "-L", "lautta", "-m", "0", partial, NULL};
        return make_sparse(partial, size_bytes, error) &&
               process_run(&(Process){.argv = argv}, NULL, NULL, error) && file_commit(partial, path, error);
}

/* A machine may have written anything there, and this kernel shall not read it. */
static bool check_written_by_host(const char *path, const char *name, GError **error)
{
        g_autofree char *marker = g_strconcat(path, ".machine", NULL);
        if (!g_file_test(marker, G_FILE_TEST_EXISTS))
                return true;
        return fail(error, LAUTTA_ERROR_CONFLICT,
                    "volume '%s' has been written by a virtual machine, so the host does not mount it for a "
                    "container ('%s'): run the service as a machine, or purge it",
                    name, path);
}

static bool volume_mount(const InstanceHost *host, const Instance *instance, const ServiceVolume *volume,
                         const char *at, GError **error)
{
        g_autofree char *directory = volumes_directory(host, instance->description->service);
        g_autofree char *file = g_strconcat(volume->name, ".raw", NULL);
        g_autofree char *path = g_build_filename(directory, file, NULL);
        if (!directory_make(directory, 0700, error) || !check_written_by_host(path, volume->name, error))
                return false;
        if (!g_file_test(path, G_FILE_TEST_EXISTS) && !volume_make(path, volume->size_bytes, error))
                return false;
        return mount_image(path, "ext4", "nosuid,nodev", at, error);
}

GPtrArray *instance_volumes_mount(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *mounts = instance_mounts_directory(host, d->service, d->version);
        g_autoptr(GPtrArray) result = g_ptr_array_new_with_free_func((GDestroyNotify)domain_mount_free);
        for (unsigned i = 0; i < d->volumes->len; i++) {
                const ServiceVolume *volume = d->volumes->pdata[i];
                g_autofree char *at = g_build_filename(mounts, "volumes", volume->name, NULL);
                if (!volume_mount(host, instance, volume, at, error)) {
                        g_prefix_error(error, "volume '%s': ", volume->name);
                        return NULL;
                }
                DomainMount *mount = g_new0(DomainMount, 1);
                mount->source = g_steal_pointer(&at);
                mount->at = g_strdup(volume->at);
                g_ptr_array_add(result, mount);
        }
        return g_steal_pointer(&result);
}

bool instance_remove_volumes(const InstanceHost *host, const char *service, GError **error)
{
        g_autofree char *directory = volumes_directory(host, service);
        return instance_unmount(host, service, NULL, error) && directory_remove(directory, error);
}
