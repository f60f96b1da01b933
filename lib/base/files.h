/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: whole reads with a bound, atomic replacement, exact reads and writes, removal of trees. */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A file descriptor that closes itself at the end of its scope; -1 is none. */
typedef int AutoFd;
void fd_close_auto(AutoFd *fd);
#undef g_autofd /* GLib 2.76 has one for its own int; ours is a type, and the same in older versions */
#define g_autofd __attribute__((cleanup(fd_close_auto))) AutoFd

/* Hand the descriptor over: `*fd` becomes -1. */
int fd_steal(int *fd);

/* Read the whole regular file `path`, at most `max_bytes`; symlinks in the last part are refused.
 * Returns: owned bytes. Errors: NOT_FOUND, CORRUPT if longer or not a regular file, SYSTEM. */
GBytes *file_read(const char *path, size_t max_bytes, GError **error);

/* Map the regular file `path` read-only, at most `max_bytes`; symlinks in the last part are refused.
 * The file must not change while the bytes live (ours are written once and renamed).
 * Errors: as file_read(). */
GBytes *file_map(const char *path, size_t max_bytes, GError **error);

/* Replace `path` by `size` bytes atomically and durably: a reader sees the old or the new file, whole.
 * `mode` as for open(2). Errors: NO_SPACE, SYSTEM; then the old file is untouched. */
bool file_write_atomically(const char *path, const void *data, size_t size, mode_t mode, GError **error);

/* fsync `path` and then rename it to `target`, durably. Errors: NO_SPACE, SYSTEM. */
bool file_commit(const char *path, const char *target, GError **error);

/* Read or write exactly `size` bytes at `offset`. `name` is for the message.
 * Errors: CONFLICT if the file ends before (it shrank while it was read), NO_SPACE, SYSTEM. */
bool fd_read_exactly(int fd, void *buffer, size_t size, uint64_t offset, const char *name, GError **error);
bool fd_write_exactly(int fd, const void *data, size_t size, uint64_t offset, const char *name,
                      GError **error);

/* mkdir -p. Errors: NO_SPACE, SYSTEM. */
bool directory_make(const char *path, mode_t mode, GError **error);

/* fsync the directory that holds `path`, so that a rename in it is durable. Errors: SYSTEM. */
bool directory_sync_parent(const char *path, GError **error);

/* Remove `path` and all below it, however deep, with few open files. Never follows a symlink, nor enters a
 * mount point. Absent is fine. Errors: SYSTEM. */
bool directory_remove(const char *path, GError **error);

/* Make a private directory under $TMPDIR; g_autotempdir removes it at the end of its scope. The next process
 * that makes one removes the directories of killed processes. Returns: owned path, mode 0700.
 * Errors: NO_SPACE, SYSTEM. */
char *directory_make_temporary(GError **error);
void directory_remove_auto(char **path);
#define g_autotempdir __attribute__((cleanup(directory_remove_auto))) char *

/* Get the bytes that an unprivileged writer may still use on the file system of `path`. The file itself need
 * not exist. Errors: SYSTEM. */
bool disk_free_bytes(const char *path, uint64_t *free_bytes, GError **error);

/* Errors: NO_SPACE with both sizes unless `needed_bytes` are free there; SYSTEM. `name` is for the message.
 */
bool disk_check_free(const char *path, const char *name, uint64_t needed_bytes, GError **error);
