/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ports of the host's bridge: which interfaces of services are ports, and to which of them the bridge sends. */
#pragma once

#include "network_types.h"
#include "virt.h"

/* Returns: the index of the interface; 0 if there is none of that name. */
unsigned network_interface_index(const char *interface);

bool network_interface_mac(const char *interface, uint8_t mac[6], GError **error);
void network_interface_clear_address(const char *interface);

/* Remove an interface of the host together with its peer: a libvirtd that is killed while it makes a container
 * leaves both, and could never make them again. True if there is none. */
bool network_interface_remove(const char *interface, GError **error);

/* Make an interface an isolated port of `bridge` and of no other bridge; NULL: a port of none. True if there is no such
 * interface. */
bool network_port_attach(const char *interface, const char *bridge, GError **error);
bool network_port_detach(const char *interface, GError **error);

/* Put every active interface that exists on the bridge, and take every other one off. */
bool network_ports_place(const HostNetwork *network, GPtrArray *services, GError **error);

/* Returns: owned array of the `services` to whose active interface the bridge does not send yet. */
GPtrArray *network_ports_promoted(const HostNetwork *network, GPtrArray *services);

/* Put the active interfaces of `promoted` on the bridge. The bridge does not send to them yet, but knows the aliases of
 * both slots. */
bool network_ports_prepare(const HostNetwork *network, GPtrArray *promoted, GError **error);

/* Make the bridge send to the active interfaces of `promoted`. The other interface stays a port that only its alias
 * reaches. */
bool network_ports_switch(GPtrArray *promoted, GError **error);

/* Returns: owned MAC of the bridge. It is always the same, because running services remember their gateway's MAC. No
 * service's MAC begins like it. */
char *network_bridge_mac(const HostNetwork *network);

/* Remove our bridge, and the DHCP server on it, if libvirt does not know them: a libvirtd that is killed while
 * it makes the network leaves them, and could never make them again. Returns: true if there was one. */
bool network_clear_bridge(Virt *virt, const HostNetwork *network);

/* Set a parameter of the kernel below /proc/sys/net. */
bool network_set_kernel(const char *name, const char *value, GError **error);
