/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A version of a service as a virtual machine: its disks, and its kernel or firmware. */
#include "instance_private.h"

#include <unistd.h>

#include "host_kernel.h"
#include "machine_disks.h"
#include "nocloud.h"

/* Settings may hold secrets, so the disk lies in /run and is removed when the machine stops. */
static DomainDisk *settings_disk(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *directory = instance_mounts_directory(host, d->service, d->version);
        g_autofree char *path = g_build_filename(directory, "settings.iso", NULL);
        NocloudIdentity identity = {d->service,
                                    instance->settings_digest ? instance->settings_digest : d->version};
        if (!nocloud_write(instance->settings, &identity, path, error)) {
                g_prefix_error(error, "settings: ");
                return NULL;
        }
        return machine_disk(path, DISK_RAW, true, "lautta-settings");
}

static bool add(GPtrArray *disks, DomainDisk *disk)
{
        if (disk)
                g_ptr_array_add(disks, disk);
        return disk != NULL;
}

/* Makes the disks in the order that docs/host.md promises to guests that do not find disks by name. */
static GPtrArray *make_disks(const InstanceHost *host, const Instance *instance, GError **error)
{
        g_autoptr(GPtrArray) disks = g_ptr_array_new_with_free_func((GDestroyNotify)domain_disk_free);
        if (!add(disks, machine_root(host, instance, error)) ||
            !instance_volumes_attach(host, instance, disks, error))
                return NULL;
        if (instance->description->swap_bytes > 0 && !add(disks, machine_swap(host, instance, error)))
                return NULL;
        if (instance->settings && !add(disks, settings_disk(host, instance, error)))
                return NULL;
        return g_steal_pointer(&disks);
}

static char *existing(char *path)
{
        if (access(path, F_OK) == 0)
                return path;
        g_free(path);
        return NULL;
}

static char *own_kernel_xml(const Instance *instance, DomainSpec *spec)
{
        g_autofree char *kernel = g_strconcat(instance->image, ".kernel", NULL);
        g_autofree char *initrd = existing(g_strconcat(instance->image, ".initrd", NULL));
        g_autofree char *line = domain_command_line(instance->description, spec->kvm);
        spec->kernel = kernel;
        spec->initrd = initrd;
        spec->command_line = line;
        return domain_xml_qemu(spec);
}

static char *host_kernel_xml(const InstanceHost *host, const Instance *instance, DomainSpec *spec,
                             GError **error)
{
        g_autoptr(HostKernel) kernel = host_kernel_prepare(host, error);
        if (!kernel)
                return NULL;
        g_autofree char *line = domain_command_line(instance->description, spec->kvm);
        spec->kernel = kernel->kernel;
        spec->initrd = kernel->initrd;
        spec->command_line = line;
        g_ptr_array_add(spec->disks, machine_disk(kernel->modules, DISK_RAW, true, HOST_KERNEL_SERIAL));
        return domain_xml_qemu(spec);
}

static char *firmware_xml(const InstanceHost *host, const Instance *instance, DomainSpec *spec)
{
        g_autofree char *nvram = machine_nvram(host, instance);
        spec->nvram = instance->description->firmware == FIRMWARE_UEFI ? nvram : NULL;
        return domain_xml_qemu(spec);
}

char *instance_machine_xml(const InstanceHost *host, const Instance *instance, DomainSpec *spec,
                           GError **error)
{
        g_autoptr(GPtrArray) disks = make_disks(host, instance, error);
        if (!disks)
                return NULL;
        spec->kvm = host->kvm;
        spec->disks = disks;
        spec->direct = machine_takes_direct(((const DomainDisk *)disks->pdata[0])->path);
        switch (instance->description->boot) {
        case BOOT_KERNEL:
                return own_kernel_xml(instance, spec);
        case BOOT_HOST_KERNEL:
                return host_kernel_xml(host, instance, spec, error);
        default:
                return firmware_xml(host, instance, spec);
        }
}
