/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the XML of a domain says, as libvirt gives it: of our own domains and of those that others made. Pure.
 */
#pragma once

#include "virt.h"

/* Fill in service, version, start, interface, settings and init from our metadata's element; from what is not
 * ours, or not well formed, nothing. `result` has none of these yet. */
void domain_read_metadata(const char *xml, VirtDomain *result);

/* Returns: owned path of its console's terminal, or NULL if it names none. */
char *domain_read_console(const char *xml);
