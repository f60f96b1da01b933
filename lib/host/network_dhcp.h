/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCP servers: one for each candidate, and those that libvirt left. */
#pragma once

#include "network_types.h"

/* Returns: owned name of the service for DHCP: its own, or a name that no service can have, if its own would
 * answer for a name of the outside or of the host. */
char *network_dhcp_name(const NetworkService *service);

/* Start a DHCP server for the candidate of `service`, whose interface has an address. Safe to repeat. */
bool network_dhcp_start(const HostNetwork *network, const NetworkService *service, GError **error);

/* End the servers of all candidates' interfaces but those in `keep` (NULL: of all). */
void network_dhcp_end_but(GStrv keep);

/* End libvirt's server of its network `name`, which is not active: nobody else would. */
void network_dhcp_end_libvirts(const char *name);
