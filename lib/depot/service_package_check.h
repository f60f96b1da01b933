/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the content of a service package (docs/formats-depot.md, "The service package"): description and
 * indexes in their own directory, and nothing that runs. dpkg unpacks the package as root, and the signer of
 * a depot must not become root on a host. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "deb822.h"
#include "packages.h"

/* The contents of a package's files; .text of an absent optional file is NULL. */
typedef struct {
        Span description;
        Span image_index;
        Span kernel_index;
        Span initrd_index;
} ServicePackageParts;

/* Check `control`, the control member as a tar. It must have the control file alone: no maintainer scripts,
 * conffiles or triggers. The control file must have the names of `entry`, and only fields that the builder
 * writes or that begin with "Lautta-". Errors: CORRUPT with the offending file or field. */
bool service_package_check_control(GBytes *control, const PackageEntry *entry, GError **error);

/* Check `data`, the data member as a tar, and find the parts in it: only the files of `service` in
 * /usr/share/lautta/services/SERVICE, with the modes and sizes that the format has. Errors: as above. */
bool service_package_check_data(GBytes *data, const char *service, ServicePackageParts *parts,
                                GError **error);
