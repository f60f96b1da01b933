/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which services have a place on the host's network, and that the host's network is like that. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "conf.h"
#include "network.h"
#include "store.h"
#include "virt.h"

/* Threads: any. */
typedef struct HostNetworkState HostNetworkState;

/* `conf` is borrowed. */
HostNetworkState *host_network_new(const AgentConf *conf);
void host_network_free(HostNetworkState *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostNetworkState, host_network_free)

/* Use `conf` (borrowed) from the next host_network_apply() on. */
void host_network_set_conf(HostNetworkState *network, const AgentConf *conf);

/* From the next host_network_apply() on, the service has the place that `stored` (borrowed) describes,
 * instead of its previous one, at `address` if that is free (dotted text; NULL: it had none yet). */
void host_network_set(HostNetworkState *network, Stored *stored, const char *address);
void host_network_unset(HostNetworkState *network, const char *service);

/* Apply the network of the services that were set; without any, the network goes. Unless `renew`, do nothing if
 * the kernel still holds the network that was applied before, by any process. Without `virt` (NULL) the host runs
 * nothing, and its network is left alone. Errors: as network_plan() and network_apply(). */
bool host_network_apply(HostNetworkState *network, Virt *virt, bool renew, GError **error);

/* Set the network again as it was applied last, if another program has changed it in the kernel or the last
 * attempt failed; cheap otherwise. `changed`: owned sentence on the parts that another program changed; NULL:
 * none. Between a switch and the next host_network_apply(), do nothing. Errors: as network_apply(). */
bool host_network_check(HostNetworkState *network, Virt *virt, char **changed, GError **error);

/* host_network_check() also after a switch, which is then over. On the thread of passes. */
bool host_network_settle(HostNetworkState *network, Virt *virt, GError **error);

/* Returns: owned sentence on the last change by another program that was found and not taken yet; or NULL. */
char *host_network_take_changed(HostNetworkState *network);

/* The service is heard at that slot from the next host_network_apply() on (network.h); without this, at 0. */
void host_network_set_slot(HostNetworkState *network, const char *service, unsigned slot);

/* Hear the service at the other slot at once, in a place that is otherwise unchanged. The version at the previous
 * slot is heard, too, until the next host_network_apply(). Errors: as network_switch(), and then the next
 * host_network_apply() brings all back to the previous slot; NOT_FOUND if the service has no place. */
bool host_network_switch(HostNetworkState *network, const char *service, GError **error);

/* Returns: owned, but its texts belong to the description; NULL: the service has no place. */
NetworkService *host_network_place(HostNetworkState *network, const char *service);

/* Returns: owned dotted text; NULL: the service has no place. */
char *host_network_address(HostNetworkState *network, const char *service);
