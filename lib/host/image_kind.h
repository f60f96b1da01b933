/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the kind of an image from its first bytes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum { IMAGE_EXT4, IMAGE_SQUASHFS, IMAGE_EROFS, IMAGE_PARTITIONS, IMAGE_UNKNOWN } ImageKind;

enum { IMAGE_HEAD_BYTES = 2048 };

/* Pure. Returns: the kind of the image that begins with `head`. */
ImageKind image_kind_of(const uint8_t head[IMAGE_HEAD_BYTES]);

/* Set `kind` to that of the image file `path`. Errors: NOT_FOUND, SYSTEM. */
bool image_kind(const char *path, ImageKind *kind, GError **error);

/* Returns: the file system's name for mount(8), constant; NULL on error. Errors: NOT_FOUND; USAGE with the reason for
 * an image that cannot be the root of a container. */
const char *image_file_system(const char *path, GError **error);
