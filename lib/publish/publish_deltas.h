/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of publish.h that makes deltas from older versions to the new one. */
#pragma once

#include "deltamake.h"
#include "publish.h"

/* All borrowed. */
typedef struct {
        Repository *repository;
        const ServiceDescription *description;
        DeltaBlobs targets; /* the new version's indexes */
        PackReader *packs;
        const char *work; /* a directory for the files */
        size_t versions;  /* number of previous versions to make deltas from */
        DeltaEffort effort;
        Progress *progress;
} PublishDeltas;

/* Make the deltas that pay, as files `work`/NAME.delta, and add them to `locator`. `report` (array of
 * PublishedDelta) gets each that was tried. A version with unreadable chunks gets no delta, and the report
 * says why. Errors: NO_SPACE, SYSTEM. */
bool publish_deltas(const PublishDeltas *request, Locator *locator, GPtrArray *report, GError **error);
