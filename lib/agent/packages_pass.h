/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a pass that apt does: service packages follow the running versions, and the host's other packages
 * follow its list. Without `manage` each function does nothing. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "apt.h"
#include "orders.h"
#include "package_sources.h"
#include "targets.h"

typedef struct PackagesPass PackagesPass;

/* All are borrowed. */
PackagesPass *packages_pass_new(Agent *agent, const Orders *orders, PackageSources *sources);
void packages_pass_free(PackagesPass *pass);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackagesPass, packages_pass_free)

/* Bring the service packages of these services (names to versions, borrowed) to these versions, if they are
 * not there yet. Errors: of apt_commit_services(). */
bool packages_pass_commit(PackagesPass *pass, GHashTable *versions, GError **error);

/* Remove the package of this service, if dpkg has it. Errors: of apt_commit_services(). */
bool packages_pass_remove(PackagesPass *pass, const char *service, GError **error);

/* End a pass, unless nothing has changed since this was last done. Each service package goes back to the
 * version that runs, except one that a person has installed and that could not be tried yet. Those that the
 * list rules out are removed. Services that the list names are offered to apt. The other packages follow the
 * list. Errors: of apt_commit_services(), apt_offer_services() and apt_apply(). */
bool packages_pass_settle(PackagesPass *pass, const Targets *targets, AptResult *result, GError **error);

/* Fill `result` with the changes that apt_apply() would make. */
bool packages_pass_plan(PackagesPass *pass, AptResult *result, GError **error);
