/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Check the needs of services before a list is signed, so that no host has to refuse it. Pure. */
#pragma once

#include "fleet_settle.h"

/* Check that `musts` (PackageEntry: the services that `host` must have) need only each other, and not in a
 * circle: an agent could never start others. A may-have service does not count, as it may not be installed.
 * Errors: USAGE with FILE:LINE, both services, and what to do. */
bool fleet_needs_check(const FleetTarget *target, const FleetNode *host, const GPtrArray *musts,
                       GError **error);
