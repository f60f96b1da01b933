/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings as a machine finds them: cloud-init's NoCloud data source, an ISO 9660 disk labelled CIDATA. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
        const char *service;  /* the host name in meta-data, without dots and plus signs */
        const char *settings; /* differs when the settings differ: cloud-init then applies them again */
} NocloudIdentity;

enum { NOCLOUD_MAX_BYTES = 16 << 20 };

/* Write the regular files of `directory` (user-data, network-config, vendor-data, ...), at most NOCLOUD_MAX_BYTES
 * together, to the disk `path`, mode 0600. Makes the directory of `path`. Adds empty meta-data and user-data where
 * absent, because without both a guest ignores the disk. Errors: NOT_FOUND, CORRUPT if the files are too large,
 * NO_SPACE, SYSTEM. */
bool nocloud_write(const char *directory, const NocloudIdentity *identity, const char *path, GError **error);
