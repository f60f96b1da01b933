/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uncompress kernels and initrds: a small change then stays small from version to version, and packs compress
 * them anyway. Reads the x86 boot protocol (bzImage), gzip'd and EFI-zboot arm64 images, and the concatenated
 * cpio archives of an initramfs. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { KERNEL_MAX_BYTES = 256 << 20, INITRD_MAX_BYTES = 1 << 30 };

/* Returns: owned kernel for a machine monitor: the ELF file in a bzImage, or the flat Image of an arm64
 * kernel; other bytes are returned unchanged. Errors: CORRUPT if the compressed part is damaged. */
GBytes *kernel_uncompress(GBytes *kernel, GError **error);

/* Returns: owned cpio archives, one after the other, each at a multiple of 4. Errors: CORRUPT. */
GBytes *kernel_uncompress_initrd(GBytes *initrd, GError **error);

/* Returns: the newest of names like "vmlinuz-6.1.0-56-cloud-amd64" that begin with `prefix`, or NULL. */
const char *kernel_newest(const GPtrArray *names, const char *prefix);
