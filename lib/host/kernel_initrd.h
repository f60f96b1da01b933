/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the initrd with which the host's kernel starts a machine: it loads modules, mounts the root and the disk with
 * all modules, and executes the root's init. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
        const char *busybox;           /* path of a static busybox */
        const char *modules_directory; /* /lib/modules/VERSION */
        const GPtrArray *modules;      /* paths below it, in the order of loading; also .xz, .zst, .gz */
} KernelInitrd;

/* Write the initrd to `path` as a cpio archive in newc form. Errors: NOT_FOUND, CORRUPT, NO_SPACE, SYSTEM. */
bool kernel_initrd_write(const KernelInitrd *initrd, const char *path, GError **error);
