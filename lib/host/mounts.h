/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts images and overlays, and finds mounts that an earlier process left. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Mount the file `image` at the directory `at`, made if absent, by a loop device that is freed with the mount.
 * `options` as for mount(8). Errors: SYSTEM with the words of mount(8). */
bool mount_image(const char *image, const char *type, const char *options, const char *at, GError **error);

/* Mount an overlay of `lower` at `at`. Changes go to `upper`; `work` is on the same file system. Makes all directories
 * but `lower` if absent. Errors: NO_SPACE, SYSTEM. */
bool mount_overlay(const char *lower, const char *upper, const char *work, const char *at, GError **error);

/* Unmount everything at or below `directory`, the last mount first. No mount is fine. */
bool unmount_below(const char *directory, GError **error);

/* Pure. Returns: owned array of owned paths at or below `directory` in `mountinfo` (proc(5)), the last first.
 */
GPtrArray *mounts_below(const char *mountinfo, const char *directory);
