/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errors.h"
#include "list_judge.h"
#include "orders.h"
#include "orders_seen.h"
#include "orders_source.h"
#include "paths.h"

/* Attempts before another depot is asked; progress of a fetch resets the count. */
enum { DEPOT_RETRIES = 3 };

/* Judges only the depot's date: the list itself was judged when it came. */
static bool check_date(const Orders *orders, const Depot *depot, GError **error)
{
        const uint8_t any[DIGEST_BYTES] = {0};
        const List *list = orders->list;
        if (!list)
                return true;
        const ListCircumstances here = {
                .host = list->host,
                .host_key = list->host_key,
                .depot_date = depot_release(depot)->date,
        };
        return list_judge(list, any, &here, error) == LIST_OBEY;
}

/* The date counts as time from now on, as every signed date does. */
static bool note_date(const OrdersConf *conf, const Orders *orders, const Depot *depot, GError **error)
{
        if (orders->only_looked)
                return true;
        g_autoptr(GPtrArray) told = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *path = paths_orders(conf->state_directory);
        g_autoptr(OrdersSeen) seen = orders_seen_load(path, orders->medium, true, told, error);
        if (!seen)
                return false;
        orders_seen_note_date(seen, depot_signer(depot), depot_release(depot)->date);
        return told->len || orders_seen_save(seen, error); /* a torn one is for orders_refresh() to tell of */
}

static Depot *open_one(const OrdersConf *conf, const Orders *orders, const char *place, Remote **remote,
                       GError **error)
{
        const RemoteOptions options = {.retries = DEPOT_RETRIES, .ca_file = conf->ca_file};
        g_autofree char *state = paths_records(conf->state_directory);
        const DepotOptions wanted = {
                .suite = conf->suite,
                .keyring = orders->keyring,
                .pinned = (const char *const *)orders->release_keys,
                .state_directory = state,
                .only_look = orders->only_looked,
        };
        g_autoptr(Remote) opened = remote_open(place, &options, error);
        g_autoptr(Depot) depot = opened ? depot_open(opened, &wanted, error) : NULL;
        if (!depot)
                return NULL;
        if (!check_date(orders, depot, error)) {
                g_prefix_error(error, "depot '%s': ", place);
                return NULL;
        }
        if (!note_date(conf, orders, depot, error))
                return NULL;
        *remote = g_steal_pointer(&opened);
        return g_steal_pointer(&depot);
}

Depot *orders_open_depot(const OrdersConf *conf, const Orders *orders, Remote **remote, GError **error)
{
        g_auto(GStrv) places = orders_places((const char *const *)conf->depots);
        g_autoptr(GString) told = g_string_new(NULL);
        LauttaErrorCode code = LAUTTA_ERROR_TRY_AGAIN;
        for (char **place = places; *place; place++) {
                g_autoptr(GError) why = NULL;
                Depot *depot = open_one(conf, orders, *place, remote, &why);
                if (depot)
                        return depot;
                if (error_is(why, LAUTTA_ERROR_UNTRUSTED) || error_is(why, LAUTTA_ERROR_CORRUPT))
                        code = LAUTTA_ERROR_UNTRUSTED;
                g_string_append_printf(told, "%s%s", told->len ? "\n" : "", why->message);
        }
        if (told->len)
                fail(error, code, "%s", told->str);
        else if (*conf->depots)
                fail(error, code, "no depot is here: no path matches 'depots' in [pull]");
        else
                fail(error, LAUTTA_ERROR_USAGE, "no depot is configured: set 'depots' in [pull]");
        return NULL;
}
