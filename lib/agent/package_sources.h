/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where services come from: the depots of the configuration, in order, opened when first needed. A pass has
 * one PackageSources. All packages come from depots that are signed and new enough for the list, and have the
 * listed digests. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "fetch.h"
#include "orders.h"
#include "store.h"

typedef struct PackageSources PackageSources;

/* `orders` is borrowed, as are the texts of `conf`. No depot is asked yet. */
PackageSources *package_sources_new(const OrdersConf *conf, const Orders *orders);
void package_sources_free(PackageSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackageSources, package_sources_free)

/* One version that is asked for. All borrowed. */
typedef struct {
        const char *service;
        const char *version;
        const uint8_t *sha256; /* of its service package, as the list says; NULL: the list does not */
} PackageRef;

/* Take its package from the first depot that has it, and keep it in `store`. Errors: UNTRUSTED if the depots
 * that have it have another digest than the list, or are refused themselves; NOT_FOUND; TRY_AGAIN; those of
 * store_put(). */
bool package_sources_describe(PackageSources *sources, const PackageRef *package, Store *store,
                              GError **error);

/* Make the file `path` its package, verified and checked, from the first depot that has it. Errors: as above.
 * */
bool package_sources_save(PackageSources *sources, const PackageRef *package, const char *path,
                          GError **error);

/* Add to `notes` an owned sentence for each depot that could not be used while another one served. If none
 * served, the errors of the calls have said so. */
void package_sources_tell(const PackageSources *sources, GPtrArray *notes);

/* Bring its image to `store`, from `seeds` (NULL-terminated) where they serve. With `only_plan` nothing
 * changes. A depot that fails is passed over for the next. Errors: as fetch_service(), of the first depot. */
bool package_sources_fetch(PackageSources *sources, const PackageRef *package, const FetchRequest *request,
                           FetchResult *result, uint64_t *bytes_received, GError **error);

/* The architecture of this machine as Debian calls it; constant, NULL if services are not made for it. */
const char *package_sources_architecture(void);
