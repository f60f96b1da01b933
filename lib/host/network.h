/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The private network of a host: addresses, names, forwards and the firewall of its services. What they are
 * is decided by pure functions; network_apply() makes the host so. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "description.h"
#include "virt.h"

/* From the agent's configuration. */
typedef struct {
        char *bridge;     /* "lautta0" */
        uint32_t address; /* of the host on it, host byte order: 192.168.147.1 */
        unsigned prefix;  /* 24 */
        char *domain;     /* of the services' names: "lautta.internal" */
        GArray *inbound;  /* uint32_t (protocol << 16 | port): of the host itself that are open to the outside
                           */
        bool guards_inbound; /* false: what comes to the host itself from outside is not our matter */
        char *lan;           /* bridge of the site's own network, for services with `lan`; NULL: none */
} HostNetwork;

/* One service on it. */
typedef struct {
        char *service;
        uint32_t address; /* host byte order */
        unsigned slot;    /* 0 or 1: which of its two interfaces is heard; the other is for a candidate */
        uint8_t mac[6];   /* 52:54:00 and three bytes of the digest of its name: the same for every version */
        GPtrArray *forwards; /* borrowed from its description, as the next: ServiceForward */
        GPtrArray *allows;   /* ServiceAllow: who may connect to it on which port */
} NetworkService;

void network_service_free(NetworkService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetworkService, network_service_free)

/* Returns: owned name of the end on the host of one of its interfaces: "lautta-" or "lauttb-" and the last
 * bytes of its MAC. */
char *network_interface(const NetworkService *service, unsigned slot);

/* Returns: which of the two it is. */
unsigned network_interface_slot(const char *interface);

/* Take an interface of that name off the host, with the other end of it: a libvirtd that is killed while it
 * makes a container leaves them, and could never make them again. Not there is fine. */
bool network_interface_remove(const char *interface, GError **error);

/* Pure. Give every service its address: what its description insists on, else the one it had (`remembered`:
 * service to NUL-terminated dotted text; may be NULL), else the first free from a place that its name
 * decides. `descriptions`: ServiceDescription, borrowed, which must outlive the result. Returns: owned array
 * of owned NetworkService in the same order. Errors: CONFLICT naming both services of which two want one
 * address or one host port; NO_SPACE if the network is full; USAGE for an address outside of it. */
GPtrArray *network_plan(const HostNetwork *network, GPtrArray *descriptions, GHashTable *remembered,
                        GError **error);

/* Pure. True if `inbound` keeps that port of the host for the host itself. The firewall then leaves out a
 * service's forward of it. */
bool network_keeps_port(const HostNetwork *network, const ServiceForward *forward);

/* Pure. Errors: CONFLICT naming the first forward in `description` of a port that the host keeps. */
bool network_check_forwards(const HostNetwork *network, const ServiceDescription *description,
                            GError **error);

/* Pure. Returns: owned libvirt XML of the network: bridge, DHCP reservations, DNS names; no rules of
 * libvirt's. */
char *network_xml(const HostNetwork *network, GPtrArray *services);

/* Pure. Returns: owned nftables commands that replace what is ours, the tables `inet lautta` and `bridge
 * lautta`, in one transaction: default deny to the host, to services and between services; what is described
 * passes. */
char *firewall_rules(const HostNetwork *network, GPtrArray *services);

/* Bring network, firewall, the ports of the bridge and the sysctls they need to exactly that; safe to repeat,
 * no break for what stays. NULL services: take all of it down. Errors: TRY_AGAIN if libvirt is away, SYSTEM
 * with what nftables said.
 */
bool network_apply(Virt *virt, const HostNetwork *network, GPtrArray *services, GError **error);

/* Returns: owned text of what the kernel holds of network_apply(): a line "NAME: VALUE" for each table, with its
 * digest, and each parameter. `is_applied`: both tables are of network_apply() for these services. */
char *network_state(const HostNetwork *network, GPtrArray *services, bool *is_applied);

/* Pure. Returns: owned names, separated by commas, of what has another value `now` than `before`, both of
 * network_state(); NULL if nothing has. */
char *network_state_difference(const char *before, const char *now);

/* --- A candidate beside the version that serves: the same MAC and address, at the other slot, whose
 * interface is on no bridge: the host is alone at its other end, as the gateway that it will be on the
 * bridge. */

/* Returns: owned name of the interface through which a candidate of `service` is reached, and nobody else. */
char *network_candidate_device(const NetworkService *service);

/* Take the candidate's interface, which libvirt has put on the bridge, off it; give its end on the host the
 * address and the MAC of the host's bridge; and answer DHCP there. Safe to repeat. Errors: NOT_FOUND if there
 * is no such interface, SYSTEM. */
bool network_candidate_take(const HostNetwork *network, const NetworkService *service, GError **error);

/* The same if it is back on a bridge, where a restarted libvirtd puts it; cheap if it is not. */
void network_candidate_keep(const HostNetwork *network, const NetworkService *service);

/* `services` as network_apply() has made them, but for the slot of some: hear those at their new slot. The
 * bridge then sends all that is for the service there. What the version at the other slot still says is heard
 * until it stops, or the next network_apply(). */
bool network_switch(const HostNetwork *network, GPtrArray *services, GError **error);

/* End what answers DHCP to candidates, whether it is there or not. The rest goes with their interfaces. */
void network_candidate_end(const HostNetwork *network);

/* Returns: owned dotted text. */
char *network_address_text(uint32_t address);
