/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys that a host goes by: those of its medium, until a trust.list names others. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "orders_conf.h"
#include "trust.h"

typedef struct {
        char *medium;       /* digest, in hex, of the keys that the medium brought */
        char *root;         /* fingerprint of the root key; NULL: any key of root_keyring */
        char *kept_root;    /* the same in the record; NULL: none is kept */
        char *root_keyring; /* this and the next two are files of public keys */
        char *release_keyring;
        char *list_keyring;
        char *directory; /* private; holds what a trust.list brought. NULL: none did */
        char *record;    /* where the root key is kept */
} OrdersKeys;

/* The medium's, and the root key that was kept. A torn record of it is told in `told`, and put aside unless
 * `only_look`; then the root key is the medium's again. Errors: NOT_FOUND with what to do if the medium's
 * keys are absent, SYSTEM. */
OrdersKeys *orders_keys_load(const OrdersConf *conf, bool only_look, GPtrArray *told, GError **error);
void orders_keys_free(OrdersKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OrdersKeys, orders_keys_free)

/* From now on those of `trust`, which was accepted, are valid. Errors: NO_SPACE, SYSTEM. */
bool orders_keys_follow(OrdersKeys *keys, const Trust *trust, GError **error);

/* Keep the root key of `trust`, which is in force, before another message takes the place of the one that led
 * to it: what is kept can then always be verified from here on. Errors: NO_SPACE, SYSTEM. */
bool orders_keys_keep(OrdersKeys *keys, const Trust *trust, GError **error);
