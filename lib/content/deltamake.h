/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a delta (delta.h) between two versions whose chunks lie in packs of this machine. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "delta.h"
#include "locator.h"
#include "packreader.h"
#include "progress.h"

typedef struct {
        DeltaBlobs sources, targets;
        PackReader *packs;
        DeltaEffort effort;
        const char *path;   /* of the file to write */
        Progress *progress; /* may be NULL; counts bytes of content */
} DeltaRequest;

typedef struct {
        LocatorDelta delta;     /* its entry in a locator; cleared by delta_result_clear() */
        uint64_t content_bytes; /* of all windows */
        uint64_t packed_bytes;  /* of the same chunks in packs */
} DeltaResult;

void delta_result_clear(DeltaResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DeltaResult, delta_result_clear)

/* Make the delta and sync its file. The same versions give the same bytes. Without new chunks there is no
 * file, and result->delta.bytes is 0. Memory: about 140 MiB with DELTA_FAST, 200 with DELTA_SMALL, for
 * versions of any size. Errors: CORRUPT or NOT_FOUND if a pack is damaged or absent, NO_SPACE, SYSTEM. */
bool deltamake_run(const DeltaRequest *request, DeltaResult *result, GError **error);
