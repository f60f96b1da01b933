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

/* From the next host_network_apply() on, the host's network is as that one says (borrowed). */
void host_network_set_conf(HostNetworkState *network, const AgentConf *conf);

/* From the next host_network_apply() on, the service has the place that `stored` (borrowed) describes,
 * instead of its previous one, at `address` if that is free (dotted text; NULL: it had none yet). */
void host_network_set(HostNetworkState *network, Stored *stored, const char *address);
void host_network_unset(HostNetworkState *network, const char *service);

/* Make it so: with the last service, the network goes, too. Unless `renew`, nothing is done if the kernel
 * still holds what was applied before, by whichever process. Without `virt` (NULL) the host runs nothing: its
 * network is left alone. Errors: as network_plan() and network_apply(). */
bool host_network_apply(HostNetworkState *network, Virt *virt, bool renew, GError **error);

/* Set the network again as it was applied last, if another program has changed it in the kernel or the last
 * attempt failed; cheap if neither is so. `changed`: owned sentence on what another program changed; NULL:
 * nothing. Between a switch and the next host_network_apply(), do nothing. Errors: as network_apply(). */
bool host_network_check(HostNetworkState *network, Virt *virt, char **changed, GError **error);

/* The same after a switch, too, which is then over. On the thread of passes. */
bool host_network_settle(HostNetworkState *network, Virt *virt, GError **error);

/* Returns: owned sentence on the last change by another program that was found and not taken yet; or NULL. */
char *host_network_take_changed(HostNetworkState *network);

/* The service is heard at that slot from the next host_network_apply() on (network.h); without this, at 0. */
void host_network_set_slot(HostNetworkState *network, const char *service, unsigned slot);

/* Hear it at the other slot at once, in a place that is otherwise as it was applied; what speaks at the slot
 * before is heard, too, until the next host_network_apply(). Errors: as network_switch(), and then the next
 * host_network_apply() brings all back to the slot before; NOT_FOUND if it has no place. */
bool host_network_switch(HostNetworkState *network, const char *service, GError **error);

/* Returns: owned; what it points to is owned by the description; NULL: it has no place. */
NetworkService *host_network_place(HostNetworkState *network, const char *service);

/* Returns: owned dotted text; NULL: it has no place. */
char *host_network_address(HostNetworkState *network, const char *service);
