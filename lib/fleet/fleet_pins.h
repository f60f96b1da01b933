/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which hosts are to have a package of a depot by the lists that lie there: while a list pins it, it must not
 * go. */
#pragma once

#include <glib.h>

typedef struct {
        GPtrArray *hosts;  /* owned names of hosts whose list pins one of the packages, sorted */
        GPtrArray *unread; /* owned "HOST: WHY": whose list tells nothing, as it cannot be read or is none of
                            * ours; sorted */
} FleetPins;

void fleet_pins_free(FleetPins *pins);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FleetPins, fleet_pins_free)

/* Look for `packages` (PackageEntry, by digest) in the lists of the directory `depot`, which are verified by
 * $LAUTTA_HOME/lists.pgp; one that has expired counts, as it may be renewed. Returns: owned. */
FleetPins *fleet_pins_find(const char *depot, const GPtrArray *packages);
