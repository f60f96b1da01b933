/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays of VirtDomain as agent_domains() returns them: sorted by service. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "virt.h"

/* Sort by service, then by the time since which a domain runs, then by version. */
void domains_sort(GPtrArray *domains);

/* Returns: borrowed domain of `service`: that of `version` (may be NULL) if it runs, else the one that runs
 * for the longest time; NULL: none. Two run while an update has a candidate. */
const VirtDomain *domains_find(const GPtrArray *domains, const char *service, const char *version);

/* True if `version` of `service` runs. */
bool domains_have(const GPtrArray *domains, const char *service, const char *version);

/* Returns: the place of the first domain of `service`; `count` gets their number. */
guint domains_of(const GPtrArray *domains, const char *service, guint *count);
