/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A candidate next to the active version: the same MAC and address, at the other slot. Its interface is on no
 * bridge. Its only peer is the host, which has the address and the MAC that the gateway has on the bridge. */
#pragma once

#include "network_types.h"

/* Returns: owned name of the interface through which a candidate of `service`, and nothing else, is reached. */
char *network_candidate_device(const NetworkService *service);

/* Take the candidate's interface off the bridge, where libvirt put it; give its end on the host the address and
 * the MAC of the bridge; and answer DHCP there. Safe to repeat. Errors: SYSTEM, also if the candidate has
 * ended and its interface is gone. */
bool network_candidate_isolate(const HostNetwork *network, const NetworkService *service, GError **error);

/* Do the same if the interface is on a bridge again, where a restarted libvirtd puts it. Cheap otherwise. */
void network_candidate_keep_isolated(const HostNetwork *network, const NetworkService *service);

/* End the DHCP servers of candidates. The rest of their setup goes with their interfaces. */
void network_candidate_end(void);
