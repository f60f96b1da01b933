/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host's private network and its services as values, and how addresses, MACs and ports are written. Addresses are in
 * host byte order. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "description.h"

/* Prefixes of the names of services' interfaces, by slot. */
#define NETWORK_INTERFACES       "lautta-"
#define NETWORK_OTHER_INTERFACES "lauttb-"

/* The network, from the agent's configuration. */
typedef struct {
        char *bridge;     /* "lautta0" */
        uint32_t address; /* of the host on the bridge: 192.168.147.1 */
        unsigned prefix;  /* 24 */
        char *domain;     /* of the services' names: "lautta.internal" */
        GArray *inbound; /* uint32_t of network_port_key(): the host's own ports that are open to the outside */
        bool guards_inbound; /* false: traffic from outside to the host itself is not filtered */
        char *lan;           /* bridge of the site's own network, for services with `lan`; NULL: none */
} HostNetwork;

/* One service on it. Two versions of a service may run at once, each at an interface of its own: a slot. */
typedef struct {
        char *service;
        uint32_t address;
        unsigned slot;  /* 0 or 1: the slot of the active version; a candidate has the other one */
        uint8_t mac[6]; /* 52:54:00 and three bytes of the digest of its name: the same for every version */
        GPtrArray *forwards; /* borrowed from its description, as `allows`: ServiceForward */
        GPtrArray *allows;   /* ServiceAllow: which services may connect to it on which port */
} NetworkService;

void network_service_free(NetworkService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetworkService, network_service_free)

/* Returns: owned name, on the host, of the interface of a slot: its prefix and the last bytes of the MAC. */
char *network_interface(const NetworkService *service, unsigned slot);

/* Returns: the slot that an interface of this name belongs to. */
unsigned network_interface_slot(const char *interface);

/* Returns: owned dotted text of an address. */
char *network_address_text(uint32_t address);

uint32_t network_mask(const HostNetwork *network);

/* Returns: owned "192.168.147.0", the first address of the network. */
char *network_base_text(const HostNetwork *network);

/* Returns: owned "52:54:00:eb:2f:42". */
char *network_mac_text(const uint8_t mac[6]);

/* Returns: a number that is unique to a protocol and a port. */
uint32_t network_port_key(ServiceProtocol protocol, unsigned port);
