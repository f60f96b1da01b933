/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convert foreign disk images to a raw file with holes: raw, qcow2, vmdk, vdi, recognized by their first
 * bytes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Returns: constant "raw", "qcow2", "vmdk" or "vdi", from the first `size` bytes of a file. Pure. Refuses
 * encryption and images that name other files, like a backing file: they would read files of this machine.
 * Errors: USAGE. */
const char *diskfile_format(const uint8_t *head, size_t size, GError **error);

/* Write the content of the image `from` to `to`, with holes. A raw image keeps its size. Errors: NOT_FOUND,
 * also without qemu-img; USAGE for a refused image; NO_SPACE; SYSTEM. */
bool diskfile_convert(const char *from, const char *to, GError **error);
