/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings files that the lists of a fleet name. Pure. */
#pragma once

#include "fleet_compile.h"
#include "fleet_settle.h"

/* Returns: owned empty array that owns its FleetSettingsText. */
GPtrArray *fleet_settings_texts_new(void);

/* Make the settings of each service in the host's list, name their digests in the list, and add them to
 * `texts`. Errors: USAGE for too many or too long files. */
bool fleet_settings_add(const FleetTarget *target, List *list, GPtrArray *texts, GError **error);

/* Check that the depot (`services`: a set) or the fleet knows the service of each file. Errors: NOT_FOUND
 * with the path. */
bool fleet_settings_check(const Fleet *fleet, GHashTable *services, GError **error);
