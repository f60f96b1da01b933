/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a depot from anywhere: InRelease is verified, Packages is checked against it, and a package against
 * Packages. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "packages.h"
#include "release.h"
#include "remote.h"
#include "service_package.h"

typedef struct Depot Depot;

/* All borrowed for the call of depot_open(); zero in any field means its default. */
typedef struct {
        const char *suite;         /* default: that of .lautta/depot.conf in a local depot, else "stable" */
        const char *keyring;       /* file of public keys; may be NULL only with allow_unverified */
        const char *const *pinned; /* primary fingerprints that may sign; default: every key of the keyring */
        const char *state_directory; /* of the newest date seen; default: $LAUTTA_HOME/state */
        bool only_look;              /* compare the newest date seen, but do not record it */
        bool allow_expired;          /* read a depot whose Valid-Until has passed */
        bool allow_unverified;       /* without a keyring: skip verification (depot_signer() is then NULL) */
} DepotOptions;

/* Read the metadata of a depot. `remote` is borrowed and must outlive the result. A depot that changes
 * meanwhile is read once more. Errors: UNTRUSTED (signature, dates, older than a state seen before), CORRUPT
 * (content that does not fit its digest), NOT_FOUND if there is no depot or it lacks the suite, USAGE without
 * keyring, and those of remote_read(). */
Depot *depot_open(Remote *remote, const DepotOptions *options, GError **error);
void depot_free(Depot *depot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Depot, depot_free)

Remote *depot_remote(const Depot *depot);
const Release *depot_release(const Depot *depot);

/* The primary fingerprint of the signer, or NULL if nothing was verified. */
const char *depot_signer(const Depot *depot);

/* PackageEntry, in the order of packages_parse(), of all architectures. Owned by `depot`. */
const GPtrArray *depot_entries(const Depot *depot);

/* The checked text of the Packages file of `architecture`, or NULL if the depot has none. Owned by `depot`.
 */
GBytes *depot_packages_text(const Depot *depot, const char *architecture);

/* Find the service of that version (NULL: the newest) and architecture (NULL: the only one published). Owned
 * by `depot`. Errors: NOT_FOUND with the published versions; USAGE if the architecture must be named. */
const PackageEntry *depot_find(const Depot *depot, const char *service, const char *version,
                               const char *architecture, GError **error);

/* Fetch and unpack a service package; size and digest are checked first.
 * Errors: CORRUPT, NOT_FOUND if it was removed meanwhile, and those of remote_read(). */
ServicePackage *depot_read_package(const Depot *depot, const PackageEntry *entry, GError **error);

/* Fetch a service package to the file `path`, which is replaced unless it has the right digest already.
 * Checked as by depot_read_package(). Errors: the same; NO_SPACE. */
bool depot_save_package(const Depot *depot, const PackageEntry *entry, const char *path, GError **error);

/* As depot_read_package(), without an open depot: reads from `remote`. `entry` must come from a checked
 * Packages. */
ServicePackage *depot_fetch_package(Remote *remote, const PackageEntry *entry, GError **error);
