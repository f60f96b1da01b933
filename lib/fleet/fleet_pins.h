/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hosts whose published lists pin a package of the depot. A pinned package must not be removed. */
#pragma once

#include <glib.h>

typedef struct {
        GPtrArray *hosts; /* owned names of hosts whose list pins one of the packages, sorted */
        GPtrArray
                *unread; /* owned "HOST: WHY": the list cannot be read, or is not of this operator; sorted */
} FleetPins;

void fleet_pins_free(FleetPins *pins);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FleetPins, fleet_pins_free)

/* Look for `packages` (PackageEntry, by digest) in the lists of the directory `depot`. $LAUTTA_HOME/lists.pgp
 * verifies them. An expired list counts, as it may be renewed. Returns: owned. */
FleetPins *fleet_pins_find(const char *depot, const GPtrArray *packages);
