/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies here of each version of a service: its description and indexes, taken from a checked service
 * package, and its image (docs/agent.md, "Where things lie"). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "description.h"
#include "packages.h"
#include "service_package.h"

typedef struct Store Store;

/* Ends the name of a version's directory until it is whole. No version has a comma in it. */
#define STORE_TEMPORARY_END ",new"

/* `state_directory` is copied. Threads: any may use one store. */
Store *store_new(const char *state_directory);
void store_free(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)

/* One version, as it was taken from its package. Constant, and shared by counting. */
typedef struct {
        ServiceDescription *description;
        uint8_t sha256[DIGEST_BYTES]; /* of the service package */
        uint64_t data_bytes;          /* of image, kernel and initrd, holes left out */
} Stored;

void stored_unref(Stored *stored);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stored, stored_unref)

/* The directory that it was made for; owned by `store`. */
const char *store_directory(const Store *store);

/* Returns: owned; read once, and then kept in memory. Errors: NOT_FOUND; CORRUPT if what lies there is torn
 * or another service's: it is to be taken from a depot again. */
Stored *store_load(Store *store, const char *service, const char *version, GError **error);

/* Keep what a package says; it replaces what lay there of that version as a whole. Errors: CORRUPT if the
 * description is not that of `entry`, with what is wrong in it; NO_SPACE, SYSTEM. */
bool store_put(Store *store, const PackageEntry *entry, const ServicePackage *package, GError **error);

/* Returns: owned path of the image; kernel and initrd lie beside it (blobs.h). */
char *store_image(const Store *store, const char *service, const char *version);

/* Its image lies here, whole: a fetch shows it last. */
bool store_is_fetched(const Store *store, const char *service, const char *version);

/* Remove all that lies here of a version but what a container changed; the image alone. Absent is fine. */
bool store_remove(Store *store, const char *service, const char *version, GError **error);
bool store_remove_image(const Store *store, const char *service, const char *version, GError **error);

/* What lies here of one version, be it half of it. */
typedef struct {
        char *service;
        char *version;
        uint64_t disk_bytes; /* that removing it gives back, as far as the file system tells */
} StoreKept;

/* Returns: owned array of owned StoreKept, sorted: from descriptions, images and roots. */
GPtrArray *store_list(const Store *store, GError **error);
