/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's kernel for machines with `boot: host-kernel`: an initrd of our own that loads what a virtio root
 * needs, and a read-only disk with all modules. Made once for each kernel, and again when it changes. */
#pragma once

#include "instance.h"

/* Serial number of the disk with the modules. */
#define HOST_KERNEL_SERIAL "lautta-modules"

typedef struct {
        char *kernel; /* files */
        char *initrd;
        char *modules; /* ext4 with the content of /lib/modules/VERSION */
} HostKernel;

void host_kernel_free(HostKernel *kernel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostKernel, host_kernel_free)

/* True if the host has everything that `boot: host-kernel` needs. Errors: USAGE with the missing part, and what to
 * install. */
bool host_kernel_check(const InstanceHost *host, GError **error);

/* Make the files in STATE_DIRECTORY/host-kernel unless they exist for exactly this kernel. Returns: owned. Errors:
 * those of host_kernel_check(); NO_SPACE, CORRUPT for a module that cannot be decompressed, SYSTEM. */
HostKernel *host_kernel_prepare(const InstanceHost *host, GError **error);
