/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads the kept messages, which were in force in the last pass: they are verified again, and believed as far as
 * their keys are still valid. */
#include <string.h>

#include "errors.h"
#include "files.h"
#include "orders_private.h"
#include "paths.h"
#include "signature.h"

void orders_pass_clear(OrdersPass *pass)
{
        g_clear_pointer(&pass->orders, orders_free);
        g_clear_pointer(&pass->keys, orders_keys_free);
        g_clear_pointer(&pass->seen, orders_seen_free);
        g_clear_pointer(&pass->trust_path, g_free);
        g_clear_pointer(&pass->list_path, g_free);
        g_clear_pointer(&pass->trust_message, g_bytes_unref);
        g_clear_pointer(&pass->list_message, g_bytes_unref);
}

/* Returns: owned message; NULL without an error if there is none. A message that cannot be read is an error. */
static GBytes *read_kept(const char *path, GError **error)
{
        g_autoptr(GError) why = NULL;
        GBytes *message = file_read(path, SIGNATURE_MESSAGE_MAX_BYTES, &why);
        if (why && !error_is(why, LAUTTA_ERROR_NOT_FOUND))
                g_propagate_error(error, g_steal_pointer(&why));
        return message;
}

static void tell(OrdersPass *pass, const char *path, const GError *why)
{
        g_ptr_array_add(pass->orders->refused,
                        g_strdup_printf("%s, which was kept here: %s", path, why->message));
}

/* True if the text was accepted while its key, which is not valid any more, was valid. */
static bool take_withdrawn(OrdersPass *pass, GBytes *message)
{
        uint8_t sha256[DIGEST_BYTES];
        g_autoptr(GBytes) text = signature_open_unverified(message, NULL);
        if (!text)
                return false;
        digest_sha256(g_bytes_get_data(text, NULL), g_bytes_get_size(text), sha256);
        if (!orders_seen_has(pass->seen, SEEN_LIST, sha256))
                return false;
        pass->orders->list = list_parse(text, pass->list_path, NULL);
        if (!pass->orders->list)
                return false;
        memcpy(pass->list_sha256, sha256, DIGEST_BYTES);
        pass->list_message = g_bytes_ref(message);
        return true;
}

/* Load the kept trust.list or list. Errors: only those that make going on pointless. */
static bool take_kept(OrdersPass *pass, const char *path, bool (*take)(OrdersPass *, GBytes *, GError **),
                      bool (*otherwise)(OrdersPass *, GBytes *), GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(GBytes) message = read_kept(path, &why);
        if (message)
                take(pass, message, &why);
        if (!why)
                return true;
        if (!orders_is_refusal(why)) {
                g_propagate_error(error, g_steal_pointer(&why));
                return false;
        }
        if (!message || !otherwise || !otherwise(pass, message))
                tell(pass, path, why);
        return true;
}

bool orders_pass_begin(OrdersPass *pass, const OrdersConf *conf, const char *host_key, bool only_look,
                       GError **error)
{
        g_autofree char *seen = paths_orders(conf->state_directory);
        Orders *orders = g_new0(Orders, 1);
        *pass = (OrdersPass){
                .conf = conf,
                .host_key = host_key,
                .only_look = true,
                .now = g_get_real_time() / G_USEC_PER_SEC,
                .orders = orders,
        };
        orders->refused = g_ptr_array_new_with_free_func(g_free);
        orders->silent = g_ptr_array_new_with_free_func(g_free);
        orders->only_looked = only_look;
        pass->trust_path = paths_trust(conf->state_directory);
        pass->list_path = paths_list(conf->state_directory);
        pass->keys = orders_keys_load(conf, only_look, orders->refused, error);
        if (pass->keys)
                pass->seen = orders_seen_load(seen, pass->keys->medium, only_look, orders->refused, error);
        bool good = pass->seen && take_kept(pass, pass->trust_path, orders_take_trust, NULL, error) &&
                    take_kept(pass, pass->list_path, orders_take_list, take_withdrawn, error);
        orders->changed = false;
        pass->only_look = only_look;
        return good;
}
