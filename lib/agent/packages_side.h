/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a pass that is apt's: service packages are what runs, and the host's other packages what its
 * list says. With `manage = false` each of these does nothing. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "apt.h"
#include "orders.h"
#include "wishes.h"

typedef struct PackagesSide PackagesSide;

/* Both are borrowed. */
PackagesSide *packages_side_new(Agent *agent, const Orders *orders);
void packages_side_free(PackagesSide *side);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackagesSide, packages_side_free)

/* Bring the service packages of these services (names to versions, borrowed) to these versions, if they are
 * not that yet. Errors: of apt_commit_services(). */
bool packages_side_commit(PackagesSide *side, GHashTable *versions, GError **error);

/* The package of this service goes, if dpkg has it. Errors: of apt_commit_services(). */
bool packages_side_remove(PackagesSide *side, const char *service, GError **error);

/* The end of a pass: whatever service package is not that of what runs goes back to that, but for one that
 * somebody has installed and that could not be tried yet; one that the list rules out goes; and the other
 * packages follow the list: unless nothing has changed since that was last done. Errors: of
 * apt_commit_services() and apt_apply(). */
bool packages_side_settle(PackagesSide *side, const Wishes *wishes, AptResult *result, GError **error);

/* What apt_apply() would do. */
bool packages_side_plan(PackagesSide *side, AptResult *result, GError **error);
