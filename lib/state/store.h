/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The versions of services on this host: description and indexes from a checked service package, and the image
 * (docs/agent.md, "Where things lie"). */
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

/* A version as its package describes it. Constant; shared by reference counting. */
typedef struct {
        ServiceDescription *description;
        uint8_t sha256[DIGEST_BYTES]; /* of the service package */
        uint64_t data_bytes;          /* of image, kernel and initrd, holes left out */
} Stored;

void stored_unref(Stored *stored);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stored, stored_unref)

/* Returns: the state directory, owned by `store`. */
const char *store_directory(const Store *store);

/* Returns: owned; read once, and then kept in memory. Errors: NOT_FOUND; CORRUPT if the files are torn or of
 * another service, and must come from a depot again. */
Stored *store_load(Store *store, const char *service, const char *version, GError **error);

/* Keep description and indexes of a package, in place of any that were there of that version. Errors: CORRUPT
 * with the reason if the description is not that of `entry`; NO_SPACE, SYSTEM. */
bool store_put(Store *store, const PackageEntry *entry, const ServicePackage *package, GError **error);

/* Returns: owned path of the image; kernel and initrd lie next to it (blobs.h). */
char *store_image(const Store *store, const char *service, const char *version);

/* True if the image is here and whole: a fetch gives it its name last. */
bool store_is_fetched(const Store *store, const char *service, const char *version);

/* Remove all files of a version except the root that a container changed; the second removes the image alone.
 * Absent is fine. */
bool store_remove(Store *store, const char *service, const char *version, GError **error);
bool store_remove_image(const Store *store, const char *service, const char *version, GError **error);

/* A version of which any file is here. */
typedef struct {
        char *service;
        char *version;
        uint64_t disk_bytes; /* that its removal frees, as the file system reports it */
} StoreKept;

/* Returns: owned array of owned StoreKept, sorted: from descriptions, images and roots. */
GPtrArray *store_list(const Store *store, GError **error);
