/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings files that lie in a depot: settings/SHA256. Their names are their digests, so one that is
 * there whole never changes, and no cache or mirror can mix two. */
#pragma once

#include "fleet_compile.h"
#include "repository.h"

/* Place what the lists of `steps` name and does not lie there whole. Errors: NO_SPACE, SYSTEM. */
bool fleet_settings_place(Repository *repository, const GPtrArray *steps, GError **error);

/* Remove what no list names, after `steps` are done; `before` (host to FleetBefore) is what was there. While
 * there is a list that cannot be read, nothing is removed. Errors: SYSTEM. */
bool fleet_settings_tidy(Repository *repository, const GPtrArray *steps, GHashTable *before, GError **error);
