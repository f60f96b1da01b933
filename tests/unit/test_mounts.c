/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding mounts in mountinfo, and what an image holds. */
#include "mounts.h"

#include <string.h>

#include "image_kind.h"

static const char mountinfo[] = "20 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
                                "80 20 7:0 / /run/l/mounts/web_1/image ro,relatime - ext4 /dev/loop0 ro\n"
                                "81 20 0:40 / /run/l/mounts/web_1/root rw - overlay overlay rw\n"
                                "82 20 7:1 / /run/l/mounts/web_1/volumes/a\\040b rw - ext4 /dev/loop1 rw\n"
                                "83 20 7:2 / /run/l/mounts/web_10/image ro - ext4 /dev/loop2 ro\n"
                                "garbage\n";

static void only_mounts_below_are_found_the_last_first(void)
{
        g_autoptr(GPtrArray) paths = mounts_below(mountinfo, "/run/l/mounts/web_1");
        g_assert_cmpuint(paths->len, ==, 3);
        g_assert_cmpstr(paths->pdata[0], ==, "/run/l/mounts/web_1/volumes/a b");
        g_assert_cmpstr(paths->pdata[1], ==, "/run/l/mounts/web_1/root");
        g_assert_cmpstr(paths->pdata[2], ==, "/run/l/mounts/web_1/image");
}

static void a_mount_point_itself_is_found(void)
{
        g_autoptr(GPtrArray) paths = mounts_below(mountinfo, "/run/l/mounts/web_10/image");
        g_assert_cmpuint(paths->len, ==, 1);
}

static ImageKind kind_of(size_t at, const char *magic, size_t size)
{
        uint8_t head[IMAGE_HEAD_BYTES] = {0};
        memcpy(head + at, magic, size);
        return image_kind_of(head);
}

static void images_are_told_apart_by_their_first_bytes(void)
{
        g_assert_cmpint(kind_of(1080, "\x53\xef", 2), ==, IMAGE_EXT4);
        g_assert_cmpint(kind_of(0, "hsqs", 4), ==, IMAGE_SQUASHFS);
        g_assert_cmpint(kind_of(1024, "\xe2\xe1\xf5\xe0", 4), ==, IMAGE_EROFS);
        g_assert_cmpint(kind_of(510, "\x55\xaa", 2), ==, IMAGE_PARTITIONS);
        g_assert_cmpint(kind_of(512, "EFI PART", 8), ==, IMAGE_PARTITIONS);
        g_assert_cmpint(kind_of(0, "", 0), ==, IMAGE_UNKNOWN);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/mounts/only_mounts_below_are_found_the_last_first",
                        only_mounts_below_are_found_the_last_first);
        g_test_add_func("/mounts/a_mount_point_itself_is_found", a_mount_point_itself_is_found);
        g_test_add_func("/mounts/images_are_told_apart_by_their_first_bytes",
                        images_are_told_apart_by_their_first_bytes);
        return g_test_run();
}
