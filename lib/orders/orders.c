/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "orders.h"

#include "errors.h"
#include "files.h"
#include "orders_private.h"
#include "orders_source.h"

void orders_free(Orders *orders)
{
        if (!orders)
                return;
        trust_free(orders->trust);
        list_free(orders->list);
        g_free(orders->why_not);
        g_clear_pointer(&orders->refused, g_ptr_array_unref);
        g_clear_pointer(&orders->silent, g_ptr_array_unref);
        g_free(orders->source);
        g_free(orders->keyring);
        g_free(orders->medium);
        g_strfreev(orders->release_keys);
        directory_remove_auto(&orders->directory);
        g_free(orders);
}

/* The keyring's directory goes with the result. */
static Orders *finish(OrdersPass *pass)
{
        orders_pass_judge(pass);
        pass->orders->keyring = g_strdup(pass->keys->release_keyring);
        pass->orders->medium = g_strdup(pass->keys->medium);
        pass->orders->directory = g_steal_pointer(&pass->keys->directory);
        return g_steal_pointer(&pass->orders);
}

Orders *orders_load(const OrdersConf *conf, const char *host_key, GError **error)
{
        g_auto(OrdersPass) pass = {0};
        return orders_pass_begin(&pass, conf, host_key, true, error) ? finish(&pass) : NULL;
}

/* Note why a place is passed over. Returns: false with `error` set if going on is pointless. */
static bool pass_over(OrdersPass *pass, const char *place, GError *why, GError **error)
{
        bool refused = orders_is_refusal(why);
        if (!refused && !error_is(why, LAUTTA_ERROR_NOT_FOUND) && !error_is(why, LAUTTA_ERROR_TRY_AGAIN)) {
                g_propagate_error(error, why);
                return false;
        }
        g_ptr_array_add(refused ? pass->orders->refused : pass->orders->silent,
                        g_strdup_printf("%s: %s", place, why->message));
        g_error_free(why);
        return true;
}

/* A place that cannot be read is never a reason to stop. */
static bool read_place(OrdersPass *pass, const char *place, Offer *offer)
{
        g_autoptr(GError) why = NULL;
        if (orders_read_source(pass->conf, place, offer, &why)) {
                pass->orders->reached = true;
                if (!offer->list)
                        g_ptr_array_add(
                                pass->orders->silent,
                                g_strdup_printf("%s: it has no list for host '%s'", place, pass->conf->host));
                return true;
        }
        g_ptr_array_add(pass->orders->silent, g_strdup_printf("%s: %s", place, why->message));
        return false;
}

/* Returns: false with `error` set if going on is pointless. `settled` if no other place need be asked. */
static bool ask(OrdersPass *pass, const char *place, bool *settled, GError **error)
{
        g_auto(Offer) offer = {0};
        GError *why = NULL;
        const GBytes *before = pass->list_message;
        if (!read_place(pass, place, &offer))
                return true;
        if ((offer.trust && !orders_take_trust(pass, offer.trust, &why)) ||
            (offer.list && !orders_take_list(pass, offer.list, &why)))
                return pass_over(pass, place, why, error);
        if (!offer.list)
                return true;
        if (!pass->orders->source || pass->list_message != before) {
                g_free(pass->orders->source);
                pass->orders->source = g_strdup(place);
        }
        orders_pass_judge(pass);
        *settled = pass->orders->may_install;
        return true;
}

Orders *orders_refresh(const OrdersConf *conf, const char *host_key, bool only_look, GError **error)
{
        g_auto(OrdersPass) pass = {0};
        if (!orders_pass_begin(&pass, conf, host_key, only_look, error))
                return NULL;
        g_auto(GStrv) places = orders_places((const char *const *)conf->lists);
        bool settled = false;
        for (char **place = places; *place && !settled; place++)
                if (!ask(&pass, *place, &settled, error))
                        return NULL;
        if (!*conf->lists)
                g_ptr_array_add(
                        pass.orders->silent,
                        g_strdup("no source of lists is configured: set 'depots' or 'lists' in [pull]"));
        if (!only_look && !orders_seen_save(pass.seen, error))
                return NULL;
        return finish(&pass);
}
