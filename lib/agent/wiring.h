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
typedef struct Wiring Wiring;

/* `conf` is borrowed. */
Wiring *wiring_new(const AgentConf *conf);
void wiring_free(Wiring *wiring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wiring, wiring_free)

/* From the next wiring_apply() on, the host's network is as that one says (borrowed). */
void wiring_set_conf(Wiring *wiring, const AgentConf *conf);

/* From the next wiring_apply() on the service has a place as `stored` describes it, instead of one that it
 * had, at `address` if that is free (dotted text; NULL: it had none yet). */
void wiring_set(Wiring *wiring, Stored *stored, const char *address);
void wiring_unset(Wiring *wiring, const char *service);

/* Make it so: with the last service, the network goes, too. Unless `renew`, the host is not asked for what
 * was applied before, by whichever process. Without `virt` (NULL) the host runs nothing: its network is left
 * alone. Errors: as network_plan() and network_apply(). */
bool wiring_apply(Wiring *wiring, Virt *virt, bool renew, GError **error);

/* The service is heard at that slot from the next wiring_apply() on (network.h); without this, at 0. */
void wiring_set_slot(Wiring *wiring, const char *service, unsigned slot);

/* Hear it at the other slot at once, in a place that is otherwise as it was applied; what speaks at the slot
 * before is heard, too, until the next wiring_apply(). Errors: as network_switch(), and then the next
 * wiring_apply() brings all back to the slot before; NOT_FOUND if it has no place. */
bool wiring_switch(Wiring *wiring, const char *service, GError **error);

/* Returns: owned; what it points to is owned by the description; NULL: it has no place. */
NetworkService *wiring_place(Wiring *wiring, const char *service);

/* Returns: owned dotted text; NULL: it has no place. */
char *wiring_address(Wiring *wiring, const char *service);
