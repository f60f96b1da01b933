/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public keys that a host believes, a keyring file for each role: those of its medium, until a trust.list
 * names others. A keyring never holds the key of another role. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "orders_conf.h"
#include "trust.h"

typedef struct {
        char *medium;       /* digest, in hex, of the keys that the medium brought */
        char *root;         /* fingerprint of the root key; NULL: any key of root_keyring */
        char *kept_root;    /* the same in the record; NULL: none is kept */
        char *root_keyring; /* files of public keys, one for each role */
        char *release_keyring;
        char *list_keyring;
        char *directory; /* private; holds the keyrings that came with a trust.list. NULL: none did */
        char *record;    /* state/root.json, where the root key is kept */
} OrdersKeys;

/* Load the medium's keys and the root key that was kept. A torn record is reported in `told`, and put aside
 * unless `only_look`; the root key is then the medium's again. Errors: NOT_FOUND with what to do if the
 * medium's keys are absent, UNTRUSTED if the kept root key cannot be read, SYSTEM. */
OrdersKeys *orders_keys_load(const OrdersConf *conf, bool only_look, GPtrArray *told, GError **error);
void orders_keys_free(OrdersKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OrdersKeys, orders_keys_free)

/* Believe the keys of `trust`, an accepted trust.list, from now on. Errors: UNTRUSTED if it names a role whose
 * public keys it does not carry; NO_SPACE, SYSTEM. */
bool orders_keys_follow(OrdersKeys *keys, const Trust *trust, GError **error);

/* Keep the root key of `trust`, which is in force, before another trust.list takes its place. The kept key can
 * then verify the next kept trust.list. Errors: as orders_keys_follow(). */
bool orders_keys_keep(OrdersKeys *keys, const Trust *trust, GError **error);
