/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the network share. */
#pragma once

#include "network.h"

/* What the names of the services' interfaces begin with. */
#define NETWORK_INTERFACES       "lautta-"
#define NETWORK_OTHER_INTERFACES "lauttb-"

/* Commands that take our tables away, whether they are there or not. */
#define FIREWALL_CLEAR_SIDES                                                                                 \
        "add table inet lautta_sides\ndelete table inet lautta_sides\n"                                      \
        "add table bridge lautta_sides\ndelete table bridge lautta_sides\n"                                  \
        "add table netdev lautta_sides\ndelete table netdev lautta_sides\n"
#define FIREWALL_CLEAR                                                                                       \
        "add table inet lautta\ndelete table inet lautta\nadd table bridge lautta\ndelete table bridge "     \
        "lautta\n" FIREWALL_CLEAR_SIDES

/* Returns: owned name of an empty chain in both tables, which tells one set of rules from another. */
char *firewall_marker(const HostNetwork *network, GPtrArray *services);

/* Append the table that hears a service only by its own name. */
void firewall_append_origins(GString *rules, GPtrArray *services);

/* The same for a switch: of the services `coming` (of `services`), the interface is heard, too, that is not
 * that of their slot; with `parts`, each connection stays at the one where it began (firewall_sides.c).
 * Returns: owned commands. */
char *firewall_switch(const HostNetwork *network, GPtrArray *services, GPtrArray *coming, bool parts);

/* Append the tables that keep connections of `coming` where they began. */
void firewall_append_sides(GString *rules, const HostNetwork *network, GPtrArray *coming);

/* Returns: owned MAC by which the bridge knows a slot's port there. */
char *firewall_alias(const NetworkService *service, unsigned slot);

/* 0: there is none. */
unsigned network_interface_index(const char *interface);

/* Make it an isolated port of `bridge`, and of no other; or of none. Fine if there is no such interface. */
bool network_port_attach(const char *interface, const char *bridge, GError **error);
bool network_port_detach(const char *interface, GError **error);

/* Every heard interface on the bridge, and every other on none, as far as they are there. */
bool network_ports_place(const HostNetwork *network, GPtrArray *services, GError **error);

/* Returns: owned array of those of `services` whose interface is not the one that the bridge sends to. */
GPtrArray *network_ports_coming(const HostNetwork *network, GPtrArray *services);

/* Put their interfaces on the bridge, which does not send there yet, but knows the aliases of both slots. */
bool network_ports_prepare(const HostNetwork *network, GPtrArray *coming, GError **error);

/* Have the bridge send there. The other interface stays a port, to which nothing is sent but by its alias. */
bool network_ports_switch(GPtrArray *coming, GError **error);

bool network_interface_mac(const char *interface, uint8_t mac[6], GError **error);
void network_interface_clear_address(const char *interface);

/* Returns: owned name of the service for DHCP: its own, or one that no service can have if its own would
 * answer for a name of the outside or of the host. */
char *network_dhcp_name(const NetworkService *service);

/* A DHCP server for the candidate of `service`, once its interface has an address. Safe to repeat. */
bool network_dhcp_start(const HostNetwork *network, const NetworkService *service, GError **error);

/* End those of all candidates' interfaces but of these (NULL: of all). */
void network_dhcp_end_but(GStrv keep);

/* End libvirt's own of its network `name`, which is not active: nobody else would. */
void network_dhcp_end_libvirts(const char *name);

/* Take away what is left of our bridge, and what serves it, when libvirt knows nothing of them: one that is
 * killed while it makes the network leaves them, and could never make it again. Returns: true if something
 * was there. */
bool network_clear_bridge(Virt *virt, const HostNetwork *network);

/* Returns: owned MAC of our bridge: the same whenever it is made anew, as services that run remember that of
 * their gateway. No service's begins like that. */
char *network_bridge_mac(const HostNetwork *network);

/* Set one of the kernel's parameters below /proc/sys/net. */
bool network_set_kernel(const char *name, const char *value, GError **error);
