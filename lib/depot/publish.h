/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Publishing a version of a service: blobs into packs, indexes into a service package, all visible at once.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "description.h"
#include "ingest.h"
#include "progress.h"
#include "repository.h"

typedef struct {
        IngestStats content;
        uint64_t package_bytes; /* of the service package */
        bool was_there;         /* the same version with the same content: nothing was done */
} PublishResult;

/* Publish `description` with the image at `image`; with `boot: kernel`, IMAGE.kernel and, if it is there,
 * IMAGE.initrd go along. `repository` must be locked. Readers see the old or the new state, whole.
 * Errors: NOT_FOUND without image or kernel, CONFLICT if the version is published with other content or the
 * image changes meanwhile, NO_SPACE, SYSTEM; then nothing has changed. */
bool publish_service(Repository *repository, const ServiceDescription *description, const char *image,
                     Progress *progress, PublishResult *result, GError **error);
