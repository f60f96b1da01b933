/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files below dists/ that make a depot an apt repository; the rename of InRelease is the commit. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "depot_conf.h"
#include "release.h"
#include "tree.h"

/* By-hash files stay this long after the last InRelease that names them, for slow readers. */
enum { METADATA_KEEP_SECONDS = 24 * 3600 };

/* Architectures of every depot, NULL-terminated. */
extern const char *const metadata_architectures[];

typedef struct {
        const Tree *tree; /* the depot */
        const char *root; /* its absolute path */
        const char *work; /* an absolute directory on the same file system */
        const DepotConf *conf;
        int64_t date; /* Unix seconds */
} Metadata;

/* Describe the package at `path` (relative to `root`) by apt-ftparchive. Returns: owned paragraph and an
 * empty line. Errors: CORRUPT if `path` is not one package, SYSTEM. */
GBytes *metadata_describe(const char *root, const char *path, GError **error);

/* Sign and publish a state: `texts` has the Packages file (GBytes) of each architecture. `committed` becomes
 * true once readers see it, also when a later step fails. Errors: NOT_FOUND without key or program, NO_SPACE,
 * SYSTEM. */
bool metadata_publish(const Metadata *metadata, GHashTable *texts, bool *committed, GError **error);

/* Bring the plain files next to by-hash/ to the state of `release`, the published one, and remove by-hash
 * files that are no longer needed. Safe to repeat. Errors: NO_SPACE, SYSTEM. */
bool metadata_finish(const Metadata *metadata, const Release *release, GError **error);
