/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places that lists and depots come from: which there are now, and what a source of lists offers. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "orders_conf.h"

/* What a source has; either may be NULL. */
typedef struct {
        GBytes *trust;
        GBytes *list;
} Offer;

void offer_clear(Offer *offer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Offer, offer_clear)

/* Returns: owned locations in the order of `configured`, each path with '*' replaced by those that match it
 * now, sorted. One that matches nothing is left out. */
GStrv orders_places(const char *const *configured);

/* Read trust.list and the host's list from one place; what is absent there is no error. `cancel` ends a read over
 * HTTP; `offer` keeps a trust.list that came before a failure. Errors: those of remote_read() and
 * ssh_source_read(). Threads: any. */
bool orders_read_source(const OrdersConf *conf, const char *place, GCancellable *cancel, Offer *offer,
                        GError **error);
