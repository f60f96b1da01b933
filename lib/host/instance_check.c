/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks whether this host can run a service at all; errors name the missing part and what would help. */
#include "instance_private.h"

#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "host_kernel.h"
#include "image_kind.h"
#include "process.h"
#include "uefi.h"
#include "units.h"

enum { LEAST_MEMORY_BYTES = 32 << 20 };

static bool check_container(const InstanceHost *host, const Instance *instance, GError **error)
{
        if (!host->containers)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "this host runs no containers: install libvirt-daemon-driver-lxc");
        return image_file_system(instance->image, error) != NULL;
}

static const char *emulator_of(const ServiceDescription *description)
{
        return g_strcmp0(description->architecture, "arm64") == 0 ? "qemu-system-aarch64"
                                                                  : "qemu-system-x86_64";
}

static bool check_driver(const InstanceHost *host, const ServiceDescription *description, GError **error)
{
        const char *emulator = emulator_of(description);
        if (!host->machines)
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "this host runs no virtual machines: install libvirt-daemon-driver-qemu and %s, and let 'machines' of agent.conf not be none",
                        g_str_has_suffix(emulator, "x86_64") ? "qemu-system-x86" : "qemu-system-arm");
        if (process_exists(emulator))
                return true;
        return fail(error, LAUTTA_ERROR_USAGE,
                    "a machine of the architecture %s needs '%s', which is not here: install %s",
                    description->architecture, emulator,
                    g_str_has_suffix(emulator, "x86_64") ? "qemu-system-x86" : "qemu-system-arm");
}

static bool check_memory(const ServiceDescription *description, GError **error)
{
        uint64_t wanted = description->memory_bytes;
        uint64_t total = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
        g_autofree char *has = size_format(total);
        g_autofree char *wants = size_format(wanted);
        if (wanted > total)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "it is to have %s of memory, and the whole host has %s", wants, has);
        if (wanted >= LEAST_MEMORY_BYTES)
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "%s of memory are too little for a machine, whose kernel alone needs more: write at least 32M in 'resources.memory'",
                wants);
}

/* Checks that the image is one file system: a kernel with `root=/dev/vda` uses the whole disk as such. */
static bool check_root(const Instance *instance, GError **error)
{
        ImageKind kind = IMAGE_UNKNOWN;
        if (!image_kind(instance->image, &kind, error))
                return false;
        return kind != IMAGE_PARTITIONS ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "the image '%s' is a disk with partitions, which its own boot loader starts: write 'boot: firmware'",
                    instance->image);
}

static bool check_kernel(const Instance *instance, GError **error)
{
        g_autofree char *kernel = g_strconcat(instance->image, ".kernel", NULL);
        if (access(kernel, R_OK) == 0)
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "'boot: kernel', but there is no kernel beside its image ('%s'): publish it with one, or write 'boot: host-kernel'",
                kernel);
}

static bool check_firmware(const ServiceDescription *description, GError **error)
{
        if (description->firmware != FIRMWARE_UEFI || uefi_is_here(description->architecture))
                return true;
        bool arm = strcmp(description->architecture, "arm64") == 0;
        return fail(error, LAUTTA_ERROR_USAGE, "'firmware: uefi', which is not here: install %s",
                    arm ? "qemu-efi-aarch64" : "ovmf");
}

static bool check_boot(const InstanceHost *host, const Instance *instance, GError **error)
{
        switch (instance->description->boot) {
        case BOOT_KERNEL:
                return check_root(instance, error) && check_kernel(instance, error);
        case BOOT_HOST_KERNEL:
                return check_root(instance, error) && host_kernel_check(host, error);
        default:
                return check_firmware(instance->description, error);
        }
}

static bool check_lan(const InstanceHost *host, GError **error)
{
        const char *bridge = host->network->lan;
        if (!bridge)
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "it asks for 'network.lan', but this host has no bridge to the site's network: make one, and name it as 'lan' in [network] of agent.conf");
        g_autofree char *path = g_build_filename("/sys/class/net", bridge, "bridge", NULL);
        if (access(path, F_OK) == 0)
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "it asks for 'network.lan', but there is no bridge '%s', which agent.conf names, on this host",
                bridge);
}

bool instance_check(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        bool good = network_check_forwards(host->network, d, error) && (!d->lan || check_lan(host, error));
        if (good && instance->as_container)
                good = check_container(host, instance, error);
        else if (good)
                good = check_driver(host, d, error) && check_memory(d, error) &&
                       check_boot(host, instance, error);
        if (!good)
                g_prefix_error(error, "service '%s': ", d->service);
        return good;
}
