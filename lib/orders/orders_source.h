/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places that lists and depots come from: finds those that exist now, and reads a source of lists. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "orders_conf.h"

/* The messages of a source; either may be NULL. */
typedef struct {
        GBytes *trust;
        GBytes *list;
} Offer;

void offer_clear(Offer *offer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Offer, offer_clear)

/* Returns: owned locations in the order of `configured`, each path with '*' replaced by those that match it
 * now, sorted. A path that matches nothing is left out. */
GStrv orders_places(const char *const *configured);

/* Read trust.list and the host's list from one place; an absent file is no error. `cancel` ends a read over
 * HTTP; `offer` keeps a trust.list that came before a failure. Errors: those of remote_read() and
 * ssh_source_read(). Threads: any. */
bool orders_read_source(const OrdersConf *conf, const char *place, GCancellable *cancel, Offer *offer,
                        GError **error);
