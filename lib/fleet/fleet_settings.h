/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings files that the lists of a fleet name. Pure. */
#pragma once

#include "fleet_compile.h"
#include "fleet_settle.h"

/* Returns: owned empty array that owns its FleetSettingsText. */
GPtrArray *fleet_settings_texts_new(void);

/* Make the settings of the host's services that its list names, name them in it, and add them to `texts`.
 * Errors: USAGE: too many files, or too long ones. */
bool fleet_settings_add(const FleetOrder *order, List *list, GPtrArray *texts, GError **error);

/* Are all of services that the depot (`services`: a set) or the fleet knows? Errors: NOT_FOUND with the path.
 */
bool fleet_settings_check(const Fleet *fleet, GHashTable *services, GError **error);
