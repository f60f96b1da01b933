/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image_kind.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

static const char *const names[] = {
        [IMAGE_EXT4] = "ext4", [IMAGE_SQUASHFS] = "squashfs", [IMAGE_EROFS] = "erofs"};

static bool has(const uint8_t *head, size_t at, const char *magic, size_t size)
{
        return memcmp(head + at, magic, size) == 0;
}

ImageKind image_kind_of(const uint8_t head[IMAGE_HEAD_BYTES])
{
        if (has(head, 1024 + 56, "\x53\xef", 2))
                return IMAGE_EXT4;
        if (has(head, 1024, "\xe2\xe1\xf5\xe0", 4))
                return IMAGE_EROFS;
        if (has(head, 0, "hsqs", 4))
                return IMAGE_SQUASHFS;
        if (has(head, 510, "\x55\xaa", 2) || has(head, 512, "EFI PART", 8))
                return IMAGE_PARTITIONS;
        return IMAGE_UNKNOWN;
}

static bool read_head(const char *path, uint8_t head[IMAGE_HEAD_BYTES], GError **error)
{
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC);
        return (fd >= 0 && pread(fd, head, IMAGE_HEAD_BYTES, 0) >= 0) ||
               fail_errno(error, "cannot read the image '%s'", path);
}

bool image_kind(const char *path, ImageKind *kind, GError **error)
{
        uint8_t head[IMAGE_HEAD_BYTES] = {0};
        if (!read_head(path, head, error))
                return false;
        *kind = image_kind_of(head);
        return true;
}

const char *image_file_system(const char *path, GError **error)
{
        ImageKind kind = IMAGE_UNKNOWN;
        if (!image_kind(path, &kind, error))
                return NULL;
        if (kind == IMAGE_PARTITIONS)
                fail(error, LAUTTA_ERROR_USAGE,
                     "the image '%s' is a disk with partitions, which only a machine can start: a container needs a root file system",
                     path);
        else if (kind == IMAGE_UNKNOWN)
                fail(error, LAUTTA_ERROR_USAGE,
                     "the image '%s' holds no ext4, squashfs or erofs file system, as a container needs",
                     path);
        return kind < IMAGE_PARTITIONS ? names[kind] : NULL;
}
