/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a domain's XML as libvirt gives it: of Lautta's own domains and of others. Pure. */
#pragma once

#include "virt.h"

/* Fill in service, version, start, interface, settings and init from the element of Lautta's metadata. Sets nothing for
 * another program's domain or malformed XML. `result` has none of these yet. */
void domain_read_metadata(const char *xml, VirtDomain *result);

/* Returns: owned path of the terminal of the domain's console; NULL if `xml` names none. */
char *domain_read_console(const char *xml);
