/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays of VirtDomain as agent_domains() returns them: sorted by service. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "virt.h"

/* Sort by service, then by the time since which a domain runs, then by version. */
void domains_sort(GPtrArray *domains);

/* What runs of `service` in such an array: `version` (may be NULL) if it does, else what runs for the longest
 * time; NULL: nothing. Of two, one is the candidate of an update. */
const VirtDomain *domains_find(const GPtrArray *domains, const char *service, const char *version);

/* Does that version run? */
bool domains_have(const GPtrArray *domains, const char *service, const char *version);

/* Returns: where what runs of `service` begins in such an array, and how many it is. */
guint domains_of(const GPtrArray *domains, const char *service, guint *count);
