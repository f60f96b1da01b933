/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disk images that others made: raw, qcow2, vmdk, vdi, told by their first bytes, and turned into a raw file
 * with holes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* "raw", "qcow2", "vmdk" or "vdi", from the first `size` bytes of a file; pure. qcow2 with a backing file, an
 * external data file or encryption is refused, as is anything that stands for another file: such an image
 * would read files of this machine. Returns: constant. Errors: USAGE. */
const char *diskfile_format(const uint8_t *head, size_t size, GError **error);

/* Write the content of the image `from` to `to`, sparse. A raw image keeps its size.
 * Errors: NOT_FOUND, also without qemu-img; USAGE for an image that is refused; NO_SPACE; SYSTEM. */
bool diskfile_convert(const char *from, const char *to, GError **error);
