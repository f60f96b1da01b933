/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks all files of a depot, against the key and the digests. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "depot.h"
#include "progress.h"

/* A damaged file and the versions that it breaks. */
typedef struct {
        char *file;        /* relative to the depot */
        char *what;        /* the sort of damage */
        GPtrArray *breaks; /* char *, "web 1.0.0 (amd64)"; may be empty */
} Damage;

typedef struct {
        GPtrArray *damages; /* Damage */
        uint64_t versions;
        uint64_t packs;
        uint64_t chunks;
        uint64_t pack_bytes;
        uint64_t dead_bytes; /* of pack_bytes, needed by no version */
        uint64_t deltas;
        uint64_t delta_bytes;
} VerifyResult;

void verify_result_clear(VerifyResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VerifyResult, verify_result_clear)

/* Verify InRelease, then every file that it, the service packages and the locators lead to. Damage is
 * reported in `result`, and is no error. Errors: those of depot_open() (an unsigned depot cannot be checked
 * any further), and those of a depot that cannot be reached. */
bool verify_depot(Remote *remote, const DepotOptions *options, Progress *progress, VerifyResult *result,
                  GError **error);
