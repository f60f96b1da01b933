/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The orders that the host has to obey now: the newest trust.list and list that it could get and did not refuse. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "orders_conf.h"
#include "depot.h"
#include "list.h"
#include "trust.h"

typedef struct {
        Trust *trust; /* in force; NULL: the keys of the medium are in force */
        List *list; /* in force, or NULL: none has been accepted yet, or (not may_install) that one is damaged
                     */
        bool may_install;
        char *why_not;      /* then: "the list expired at ...", for people */
        GPtrArray *refused; /* char *: messages that were refused or lay here damaged, as "SOURCE: reason" */
        GPtrArray *silent;  /* char *: sources that did not answer or have no list for this host, and why */
        char *source;       /* the list's, for status; NULL if only the one that was kept here was read */
        bool reached;       /* at least one source answered with a list or with "there is none" */
        char *keyring;      /* file of public keys to verify depots with; lives as long as this */
        GStrv release_keys; /* fingerprints that may sign depots; NULL: any of the keyring */
        bool changed;       /* another list than the one that was in force before */
        bool only_looked;
        char *medium;    /* this and the next are the module's own: digest of the medium's keys */
        char *directory; /* where keyring is, if it is ours to remove; or NULL */
} Orders;

void orders_free(Orders *orders);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Orders, orders_free)

/* Verify the kept messages again, without asking any source; writes nothing. Errors: as orders_refresh(). */
Orders *orders_load(const OrdersConf *conf, const char *host_key, GError **error);

/* Ask all sources at the same time, judge, keep the accepted ones (messages in lists/, serials, digests and dates
 * in state/). Every trust.list is judged before any list; of either kind the greatest serial that is not
 * refused counts. The messages in force stay if no source has newer ones. With `only_look` nothing is written; without, one process at a time.
 * Errors: only those that make going on pointless (state directory not writable, keyring of the medium absent); a
 * silent network is no error. */
Orders *orders_refresh(const OrdersConf *conf, const char *host_key, bool only_look, GError **error);

/* Open the first depot, in order of preference, that answers, is signed by a valid release key and is not
 * older than the list allows. `remote` gets the owned remote, which must outlive the depot. Errors: TRY_AGAIN
 * if no depot answers, UNTRUSTED if all that answer are refused, with a line for each; USAGE if no depot is
 * configured. */
Depot *orders_open_depot(const OrdersConf *conf, const Orders *orders, Remote **remote, GError **error);
