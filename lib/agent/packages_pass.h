/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a pass that is apt's: service packages are what runs, and the host's other packages what its
 * list says. With `manage = false` each of these does nothing. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "apt.h"
#include "orders.h"
#include "targets.h"

typedef struct PackagesPass PackagesPass;

/* Both are borrowed. */
PackagesPass *packages_pass_new(Agent *agent, const Orders *orders);
void packages_pass_free(PackagesPass *side);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackagesPass, packages_pass_free)

/* Bring the service packages of these services (names to versions, borrowed) to these versions, if they are
 * not that yet. Errors: of apt_commit_services(). */
bool packages_pass_commit(PackagesPass *side, GHashTable *versions, GError **error);

/* The package of this service goes, if dpkg has it. Errors: of apt_commit_services(). */
bool packages_pass_remove(PackagesPass *side, const char *service, GError **error);

/* The end of a pass: whatever service package is not that of what runs goes back to that, but for one that
 * somebody has installed and that could not be tried yet; one that the list rules out goes; and the other
 * packages follow the list: unless nothing has changed since that was last done. Errors: of
 * apt_commit_services() and apt_apply(). */
bool packages_pass_settle(PackagesPass *side, const Targets *targets, AptResult *result, GError **error);

/* What apt_apply() would do. */
bool packages_pass_plan(PackagesPass *side, AptResult *result, GError **error);
