/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a service package may bring onto a host (docs/formats-depot.md, "The service package"): description and
 * indexes in their own directory, and nothing that runs. dpkg unpacks it as root, and whoever signs a depot must
 * not be root. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "deb822.h"
#include "packages.h"

/* Contents of its files; .text of an optional one is NULL where it is absent. */
typedef struct {
        Span description;
        Span image_index;
        Span kernel_index;
        Span initrd_index;
} ServicePackageParts;

/* Check `control`, the control member as a tar: the control file alone, so neither maintainer scripts nor
 * conffiles nor triggers; in it the names of `entry`, and no field that our builder does not write. Errors:
 * CORRUPT with what is wrong. */
bool service_package_check_control(GBytes *control, const PackageEntry *entry, GError **error);

/* Check `data`, the data member as a tar, and find the parts in it: only the files of `service` in
 * /usr/share/lautta/services/SERVICE, with the modes and sizes that the format has. Errors: as above. */
bool service_package_check_data(GBytes *data, const char *service, ServicePackageParts *parts,
                                GError **error);
