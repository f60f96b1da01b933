/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the parts of verify.h. */
#pragma once

#include "digest.h"
#include "framefetch.h"
#include "idtable.h"
#include "index.h"
#include "verify.h"
#include "version.h"

typedef struct {
        char *name;
        uint64_t bytes;
        Digest *digest; /* of the bytes of the pack so far */
        GArray *bad;    /* ChunkId */
        char *why;      /* the reason of the first bad chunk */
        bool is_longer; /* than the size in the locators */
} Pack;

typedef struct {
        Depot *depot;
        VerifyResult *result;
        Progress *progress;
        GPtrArray *good;     /* PackageEntry of versions whose package and locator are good; borrowed */
        GHashTable *sources; /* version_identity() of `good` -> PackageEntry */
        GHashTable *checked; /* names of the deltas whose files were read */
        GPtrArray *packs;    /* Pack */
        GHashTable *by_name; /* of packs; name -> number plus one */
        GArray *wanted;      /* FrameWanted, each place once */
        GStringChunk *ids;   /* the ids that `wanted` borrows */
        IdTable table;       /* of wanted */
        GMutex lock;         /* of the packs' bad and why */
} Verification;

/* Report a damaged file. The caller adds to `breaks` of the result. Returns: borrowed. */
Damage *verify_add_damage(Verification *verification, const char *file, const char *what);

/* Turn a failure that shows damage into a report; a depot that cannot be reached stays an error. `breaks` may
 * be NULL. */
bool verify_report(Verification *verification, const char *file, const char *breaks, GError **failure,
                   GError **error);

/* Read every delta that leads to a good version, and report the damaged ones. */
bool verify_deltas(Verification *verification, GError **error);

/* Read every pack that the versions need, and report the damaged ones. */
bool verify_packs(Verification *verification, GError **error);
