/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's bridge: which interfaces of services are its ports, and to which of them it sends. */
#pragma once

#include "network_types.h"
#include "virt.h"

/* 0: there is no such interface. */
unsigned network_interface_index(const char *interface);

bool network_interface_mac(const char *interface, uint8_t mac[6], GError **error);
void network_interface_clear_address(const char *interface);

/* Remove an interface of the host together with its peer: a libvirtd that is killed while it makes a container
 * leaves both, and could never make them again. True if there is none. */
bool network_interface_remove(const char *interface, GError **error);

/* Make an interface an isolated port of `bridge` and of no other bridge; or of none. True if there is no such
 * interface. */
bool network_port_attach(const char *interface, const char *bridge, GError **error);
bool network_port_detach(const char *interface, GError **error);

/* Put every active interface on the bridge, and take every other one off, as far as they exist. */
bool network_ports_place(const HostNetwork *network, GPtrArray *services, GError **error);

/* Returns: owned array of those of `services` whose active interface is not yet the one that the bridge sends
 * to. */
GPtrArray *network_ports_promoted(const HostNetwork *network, GPtrArray *services);

/* Put the active interfaces of `promoted` on the bridge. It does not send to them yet, but knows the aliases
 * of both slots. */
bool network_ports_prepare(const HostNetwork *network, GPtrArray *promoted, GError **error);

/* Make the bridge send to them. The other interface stays a port that is reached by its alias alone. */
bool network_ports_switch(GPtrArray *promoted, GError **error);

/* Returns: owned MAC of the bridge: the same whenever the bridge is made, because running services remember
 * that of their gateway. No service's MAC begins like it. */
char *network_bridge_mac(const HostNetwork *network);

/* Remove our bridge, and the DHCP server on it, if libvirt does not know them: a libvirtd that is killed while
 * it makes the network leaves them, and could never make them again. Returns: true if there was one. */
bool network_clear_bridge(Virt *virt, const HostNetwork *network);

/* Set a parameter of the kernel below /proc/sys/net. */
bool network_set_kernel(const char *name, const char *value, GError **error);
