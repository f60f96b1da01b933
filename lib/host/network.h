/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The private network of a host: addresses, names, forwards and the firewall of its services. Pure functions
 * decide them; network_apply() brings the host there. */
#pragma once

#include "firewall.h"
#include "network_candidate.h"
#include "network_ports.h"
#include "network_types.h"
#include "virt.h"

/* Pure. Give every service its address: the one that its description asks for, else its previous one (`remembered`:
 * service to NUL-terminated dotted text; may be NULL), else the first free one, counted from a hash of its name.
 * `descriptions`: ServiceDescription, borrowed, which must outlive the result. Returns: owned array of owned
 * NetworkService in the same order. Errors: CONFLICT naming both services that want one address or one host port;
 * NO_SPACE if the network is full; USAGE for an address outside of it. */
GPtrArray *network_plan(const HostNetwork *network, GPtrArray *descriptions, GHashTable *remembered,
                        GError **error);

/* Pure. True if `inbound` keeps that port of the host for the host itself. The firewall then leaves out a
 * service's forward of it. */
bool network_keeps_port(const HostNetwork *network, const ServiceForward *forward);

/* Pure. Errors: CONFLICT naming the first forward in `description` of a port that the host keeps. */
bool network_check_forwards(const HostNetwork *network, const ServiceDescription *description,
                            GError **error);

/* Pure. Returns: owned libvirt XML of the network: bridge, DHCP reservations, DNS names, and no firewall rules
 * by libvirt. */
char *network_xml(const HostNetwork *network, GPtrArray *services);

/* Bring network, firewall, the ports of the bridge and the parameters of the kernel to the state that `services`
 * describes. Safe to repeat; connections of services that stay do not break. NULL services: remove all of it. Errors:
 * TRY_AGAIN if libvirt does not answer, SYSTEM with the words of nftables. */
bool network_apply(Virt *virt, const HostNetwork *network, GPtrArray *services, GError **error);

/* Returns: owned text of the kernel's state that network_apply() sets: a line "NAME: VALUE" for each table, with its
 * digest, and for each parameter. `is_applied`: network_apply() made both tables for these services. */
char *network_state(const HostNetwork *network, GPtrArray *services, bool *is_applied);

/* Pure. Returns: owned names, separated by commas, of the tables and parameters that differ between two results of
 * network_state(); NULL if none does. */
char *network_state_difference(const char *before, const char *now);

/* Promote versions: `services` are as network_apply() made them, but for the slot of some; make these new slots active.
 * The bridge then sends all traffic for these services to them. The version at the other slot may still send until it
 * stops, or until the next network_apply(). */
bool network_switch(const HostNetwork *network, GPtrArray *services, GError **error);
