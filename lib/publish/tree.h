/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Putting files into the published tree and taking them out, durably, whatever the umask. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Move the finished file `from` (absolute, same file system) to `to` (relative to `root`), replacing what is
 * there; directories are made. Mode 0644, durable on return. Errors: NO_SPACE, SYSTEM. */
bool tree_place(const char *root, const char *from, const char *to, GError **error);

/* Remove `path` (relative to `root`) and the directories that become empty, but for the first part of the
 * path. Absent is fine. Errors: SYSTEM. */
bool tree_remove(const char *root, const char *path, GError **error);
