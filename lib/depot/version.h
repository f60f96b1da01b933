/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A published version as its depot describes it: the signed indexes of its content, and the unsigned locator. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "blobs.h"
#include "delta.h"
#include "index.h"
#include "locator.h"
#include "packages.h"
#include "remote.h"
#include "service_package.h"

/* A zero-initialised Version is empty and may be cleared. The indexes are mapped from the unpacked package,
 * so that memory does not grow with them. */
typedef struct {
        const PackageEntry *entry; /* borrowed */
        ServicePackage *package;
        Index *indexes[BLOB_COUNT];     /* NULL for a blob that the version does not have */
        const Index *blobs[BLOB_COUNT]; /* the indexes without gaps, as the runs of a delta count them */
        size_t blob_count;
        Locator *locator; /* NULL before version_load_locator() */
} Version;

void version_clear(Version *version);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Version, version_clear)

/* Read the service package that a depot's checked Packages lists as `entry`, and its indexes, into the empty
 * `version`. Errors: as depot_read_package(), and CORRUPT with the blob for a bad index. */
bool version_load(Remote *remote, const PackageEntry *entry, Version *version, GError **error);

/* Read the version's locator. Errors: CORRUPT with the path if the file is not a locator, or of other blobs;
 * those of remote_read(). */
bool version_load_locator(Remote *remote, Version *version, GError **error);

/* The blobs as a delta's sources or targets; borrowed from `version`. */
DeltaBlobs version_delta_blobs(const Version *version);

/* Returns: owned digests of the version's indexes, one after the other, as a delta names its sources. */
GBytes *version_identity(const Version *version);

/* Returns the number of chunks of all blobs without zero chunks, which bounds the places of a locator. */
size_t version_count_data_chunks(const Version *version);

/* Returns: owned "web 1.0.0 (amd64)". */
char *version_title(const PackageEntry *entry);
