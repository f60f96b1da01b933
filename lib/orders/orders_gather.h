/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads all sources of lists at the same time, so that a slow, stale or hostile source does not hold the others
 * back. */
#pragma once

#include "orders_source.h"

/* Once one source has brought a list, the others get this long to bring theirs. */
enum { ORDERS_GRACE_MS = 10000 };

typedef struct {
        const char *place;                 /* borrowed */
        Offer offer;                       /* with messages that came before `why`, too */
        GError *why;                       /* the source did not answer, or not in time; NULL: it did */
        int64_t trust_serial, list_serial; /* as the messages claim, unverified; -1: none or not readable */
} Gathered;

/* Read `places` and wait for all of them, or until the grace after the first list is over.
 * Returns: owned array of a Gathered for each place, in that order. */
GArray *orders_gather(const OrdersConf *conf, const char *const *places);
