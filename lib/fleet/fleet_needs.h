/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the services of a list need of each other: said when it is made, and not by the host. Pure. */
#pragma once

#include "fleet_settle.h"

/* Check that `musts` (PackageEntry: the services that `host` must have) need nothing but each other, and not
 * in a circle: what an agent could never start is refused. What a host may have is no help, as nobody may
 * have installed it. Errors: USAGE with FILE:LINE, what is needed by whom, and what to do. */
bool fleet_needs_check(const FleetOrder *order, const FleetNode *host, const GPtrArray *musts,
                       GError **error);
