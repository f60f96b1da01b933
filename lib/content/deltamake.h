/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a delta (delta.h) between two versions whose chunks lie in packs here. */
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
        const char *path;   /* where the file is written */
        Progress *progress; /* may be NULL; counts bytes of content */
} DeltaMaking;

typedef struct {
        LocatorDelta delta;     /* what a locator says of it; cleared by delta_made_clear() */
        uint64_t content_bytes; /* of all windows */
        uint64_t packed_bytes;  /* that the same chunks have in packs */
} DeltaMade;

void delta_made_clear(DeltaMade *made);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DeltaMade, delta_made_clear)

/* Make the delta and sync its file. The same versions give the same bytes. Without new chunks there is no
 * file, and made->delta.bytes is 0. Memory: about 140 MiB with DELTA_FAST, 200 with
 * DELTA_SMALL, however large the versions are. Errors: CORRUPT or
 * NOT_FOUND if a pack is not what it should be, NO_SPACE, SYSTEM. */
bool deltamake_run(const DeltaMaking *making, DeltaMade *made, GError **error);
