/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an image holds, by its first bytes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum { IMAGE_EXT4, IMAGE_SQUASHFS, IMAGE_EROFS, IMAGE_PARTITIONS, IMAGE_UNKNOWN } ImageKind;

enum { IMAGE_HEAD_BYTES = 2048 };

/* Pure: of the first IMAGE_HEAD_BYTES of an image. */
ImageKind image_kind_of(const uint8_t head[IMAGE_HEAD_BYTES]);

/* The same of a file. Errors: NOT_FOUND, SYSTEM. */
bool image_kind(const char *path, ImageKind *kind, GError **error);

/* Returns: the file system's name for mount(8), constant. Errors: NULL and NOT_FOUND; USAGE for what cannot
 * be the root of a container, with why. */
const char *image_file_system(const char *path, GError **error);
