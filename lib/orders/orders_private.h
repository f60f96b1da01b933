/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of orders.h: one pass over kept and offered messages. */
#pragma once

#include "orders.h"
#include "orders_keys.h"
#include "orders_seen.h"

typedef struct {
        const OrdersConf *conf;
        const char *host_key;
        bool only_look;
        int64_t now;
        Orders *orders; /* the result */
        OrdersKeys *keys;
        OrdersSeen *seen;
        char *trust_path; /* of the kept messages */
        char *list_path;
        GBytes *trust_message; /* in force, or NULL */
        uint8_t trust_sha256[DIGEST_BYTES];
        GBytes *list_message; /* in force, or NULL */
        uint8_t list_sha256[DIGEST_BYTES];
        bool list_is_valid; /* false: its key is withdrawn, and the list only says which services may stay */
} OrdersPass;

void orders_pass_clear(OrdersPass *pass);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OrdersPass, orders_pass_clear)

/* Begin with the kept messages. Errors: those of orders_refresh(). */
bool orders_pass_begin(OrdersPass *pass, const OrdersConf *conf, const char *host_key, bool only_look,
                       GError **error);

/* Verify and judge a message and make it the one in force, keeping it unless `only_look`. The message
 * that is in force already is accepted, too. Errors: UNTRUSTED or CORRUPT where it is refused; those of writing. */
bool orders_take_trust(OrdersPass *pass, GBytes *message, GError **error);
bool orders_take_list(OrdersPass *pass, GBytes *message, GError **error);

/* Judge if anything may be installed now: fills may_install and why_not. */
void orders_pass_judge(OrdersPass *pass);

/* True for errors that pass over one source; false for those that make going on pointless. */
bool orders_is_refusal(const GError *why);
