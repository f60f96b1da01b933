/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nftables rules of a host: everything to the host, to services and between services is refused unless a
 * description allows it. Pure: the rules are text, and network_apply() gives them to the kernel. */
#pragma once

#include "network_types.h"

/* Commands that remove our tables, whether they exist or not. */
#define FIREWALL_CLEAR_CONNTRACK                                                                             \
        "add table inet lautta_conntrack\ndelete table inet lautta_conntrack\n"                              \
        "add table bridge lautta_conntrack\ndelete table bridge lautta_conntrack\n"                          \
        "add table netdev lautta_conntrack\ndelete table netdev lautta_conntrack\n"
#define FIREWALL_CLEAR                                                                                       \
        "add table inet lautta\ndelete table inet lautta\nadd table bridge lautta\ndelete table bridge "     \
        "lautta\n" FIREWALL_CLEAR_CONNTRACK

/* Returns: owned commands that replace the tables `inet lautta` and `bridge lautta` in one transaction. */
char *firewall_rules(const HostNetwork *network, GPtrArray *services);

/* Returns: owned name of an empty chain in both tables. It differs between two different sets of rules. */
char *firewall_marker(const HostNetwork *network, GPtrArray *services);

/* Append the table that lets a service speak only with its own interface, MAC and address. */
void firewall_append_antispoof(GString *rules, GPtrArray *services);

/* Returns: owned commands for a switch: both interfaces of each service in `promoted` (a part of `services`) may send.
 * With `tracks_connections`, each connection stays at the version where it began (firewall_conntrack.c). */
char *firewall_switch(const HostNetwork *network, GPtrArray *services, GPtrArray *promoted,
                      bool tracks_connections);

/* Append the tables that keep connections of `promoted` where they began. */
void firewall_append_conntrack(GString *rules, const HostNetwork *network, GPtrArray *promoted);

/* Returns: owned MAC by which the bridge knows the port of a slot during a switch. */
char *firewall_alias(const NetworkService *service, unsigned slot);
