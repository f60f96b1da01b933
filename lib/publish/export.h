/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Exports a version in casync's form: an index for each blob, and a chunk store. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "debversion.h"
#include "depot.h"
#include "progress.h"

/* All borrowed. */
typedef struct {
        const char *service;
        const char *version;      /* NULL: the newest */
        const char *architecture; /* NULL: the only one published */
        const char *directory;    /* for SERVICE.caibx and default.castr/; made if absent */
        Progress *progress;       /* may be NULL */
} ExportRequest;

typedef struct {
        char version[DEBIAN_VERSION_MAX + 1];
        char architecture[16];
        uint64_t chunks;       /* of all blobs, repeated chunks counted each time */
        uint64_t added_chunks; /* to the store */
        uint64_t added_bytes;  /* their files */
} ExportResult;

/* Write DIRECTORY/SERVICE.caibx, with SERVICE.kernel.caibx and SERVICE.initrd.caibx if the version has them,
 * and add missing chunks to DIRECTORY/default.castr. Frames are those of the depot, each checked. The indexes
 * come last, so a reader who has an index finds its chunks. Errors: as fetch_service(). */
bool export_service(Remote *remote, const DepotOptions *options, const ExportRequest *request,
                    ExportResult *result, GError **error);
