/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCP servers: one for each candidate, and those that libvirt left. */
#pragma once

#include "network_types.h"

/* Returns: owned name of the service for DHCP: its own, or a name that no service can have, if its own is also a name
 * of the Internet or of the host. */
char *network_dhcp_name(const NetworkService *service);

/* Start a DHCP server for the candidate of `service`, whose interface has an address. Safe to repeat. */
bool network_dhcp_start(const HostNetwork *network, const NetworkService *service, GError **error);

/* End the servers at candidates' interfaces, except those in `keep` (NULL: all). */
void network_dhcp_end_but(GStrv keep);

/* End libvirt's server of its inactive network `name`, which a killed libvirtd leaves and nothing else ends. */
void network_dhcp_end_libvirts(const char *name);
