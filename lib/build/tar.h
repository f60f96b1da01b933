/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read a tar file node by node, with libarchive. */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <glib.h>
#include <locale.h>
#include <stdbool.h>

typedef struct {
        struct archive *archive;
        struct archive_entry *entry; /* the current node */
        char *path;                  /* its path without "./" and outer slashes; "" is the root */
        locale_t locale;             /* used while reading: names are bytes in it */
        locale_t previous;
} Tar;

/* Errors: NOT_FOUND, CORRUPT. */
bool tar_open(Tar *tar, const char *file, GError **error);
void tar_close(Tar *tar);
#define g_autotar __attribute__((cleanup(tar_close))) Tar

/* Go to the next node; `more` is false after the last. Errors: CORRUPT, also for paths with "..". */
bool tar_next(Tar *tar, bool *more, GError **error);

/* Read the next bytes of the node's content, at most `max`. Returns: their number; 0 at the end; -1 with
 * CORRUPT. */
gssize tar_read(void *tar, void *buffer, size_t max, GError **error);

/* Returns: owned rest of the content. Errors: CORRUPT if it is longer than `max_bytes`. */
GBytes *tar_read_all(Tar *tar, size_t max_bytes, GError **error);
