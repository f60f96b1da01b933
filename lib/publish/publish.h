/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Publishes a version of a service: blobs into packs, indexes into a service package, all visible at once. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "delta.h"
#include "description.h"
#include "ingest.h"
#include "progress.h"
#include "repository.h"

enum { PUBLISH_DELTAS_DEFAULT = 3, PUBLISH_DELTAS_MAX = 32 };

/* All borrowed. */
typedef struct {
        const ServiceDescription *description;
        const char *image;
        size_t deltas;      /* number of previous versions to make deltas from, at most PUBLISH_DELTAS_MAX */
        DeltaEffort effort; /* for these deltas */
        Progress *progress; /* may be NULL */
} PublishRequest;

/* A delta that was made or tried. */
typedef struct {
        char *from;            /* version */
        char *name;            /* of its file; NULL if none was made */
        uint64_t bytes;        /* of its file */
        uint64_t packed_bytes; /* that a reader fetches without the delta */
        char *why_not;         /* the reason why none was made, or NULL */
        bool is_damaged;       /* none was made because the older version is damaged */
} PublishedDelta;

typedef struct {
        IngestStats content;
        uint64_t package_bytes; /* of the service package */
        GPtrArray *deltas;      /* PublishedDelta */
        bool was_there;         /* the same version with the same content: nothing was done */
} PublishResult;

void published_delta_free(void *delta);
void publish_result_clear(PublishResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PublishResult, publish_result_clear)

/* Publish `request->description` with the image; with `boot: kernel`, IMAGE.kernel and, if it is there,
 * IMAGE.initrd go along. `repository` must be locked. Readers see the old or the new state, whole. `result`
 * must be cleared in any case. Errors: NOT_FOUND without image or kernel, CONFLICT if the version is
 * published with other content or the image changes meanwhile, NO_SPACE, SYSTEM; then nothing has changed. */
bool publish_service(Repository *repository, const PublishRequest *request, PublishResult *result,
                     GError **error);
