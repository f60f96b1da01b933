/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Debian package that carries a service: its description and the indexes of its blobs, and nothing big.
 * Nothing in it runs on a host: service_package_check.h. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "packages.h"

enum { SERVICE_PACKAGE_MAX_BYTES = 512 * 1024 * 1024 };

/* The content of a package to build. All borrowed. Paths are of .caibx files; kernel and initrd may be NULL. */
typedef struct {
        const char *service;
        const char *version;
        const char *architecture;
        const char *summary;    /* one line; "" for none */
        const char *maintainer; /* the depot's origin */
        uint64_t image_bytes;
        char **needs;        /* services; at most NEEDS_MAX, NULL for none */
        GBytes *description; /* service.yaml */
        const char *image_index;
        const char *kernel_index;
        const char *initrd_index;
} ServicePackageContent;

/* Write the package to the new file `path`, with temporary files in the directory `work`, which must exist.
 * The same content gives the same bytes. Errors: USAGE for a bad name or version, CONFLICT if `path` exists,
 * CORRUPT if no host would accept the package, NO_SPACE, SYSTEM. */
bool service_package_build(const ServicePackageContent *content, const char *work, const char *path,
                           GError **error);

/* The parts of a package, in a private directory that is removed with the struct. */
typedef struct {
        GBytes *description;
        char *image_index;  /* paths of regular files of at most INDEX_MAX_BYTES */
        char *kernel_index; /* or NULL */
        char *initrd_index; /* or NULL */
        char *directory;
} ServicePackage;

/* Unpack the file `path`, whose size and digest must have been checked against `entry` before. The unpacked
 * size is bounded. Errors: CORRUPT if the file is not the package that `entry` names, lacks a part, or has
 * anything that service_package_check.h refuses; NO_SPACE, SYSTEM. */
ServicePackage *service_package_open(const char *path, const PackageEntry *entry, GError **error);

void service_package_free(ServicePackage *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServicePackage, service_package_free)
