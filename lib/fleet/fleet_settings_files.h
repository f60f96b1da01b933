/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings files in a depot: settings/SHA256. A file named by its digest never changes once it is whole,
 * and no cache or mirror can mix two of them. */
#pragma once

#include "fleet_compile.h"
#include "repository.h"

/* Place the settings that the lists of `steps` name, unless they are there already, whole. Errors: NO_SPACE,
 * SYSTEM. */
bool fleet_settings_place(Repository *repository, const GPtrArray *steps, GError **error);

/* Remove settings that no list names, after `steps` are done; `before` (host to FleetBefore) has the lists
 * before that. Nothing is removed while a list cannot be read. Errors: SYSTEM. */
bool fleet_settings_tidy(Repository *repository, const GPtrArray *steps, GHashTable *before, GError **error);
