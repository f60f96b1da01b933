/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "orders.h"

#include "errors.h"
#include "files.h"
#include "orders_gather.h"
#include "orders_private.h"

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

/* The keyring's directory is removed with the result. */
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

/* False for errors that make going on pointless. */
static bool may_be_passed_over(const GError *why)
{
        return orders_is_refusal(why) || error_is(why, LAUTTA_ERROR_NOT_FOUND) ||
               error_is(why, LAUTTA_ERROR_TRY_AGAIN);
}

/* Note the reasons for which messages are passed over, in the order of the places. */
static void tell_of_refusals(OrdersPass *pass, GArray *gathered, GHashTable *refusals)
{
        for (guint i = 0; i < gathered->len; i++) {
                const Gathered *one = &g_array_index(gathered, Gathered, i);
                const GError *why = g_hash_table_lookup(refusals, one);
                if (why)
                        g_ptr_array_add(orders_is_refusal(why) ? pass->orders->refused : pass->orders->silent,
                                        g_strdup_printf("%s: %s", one->place, why->message));
        }
}

typedef enum { TRUST_MESSAGES, LIST_MESSAGES } Kind;

static GBytes *message_of(const Gathered *one, Kind kind)
{
        return kind == TRUST_MESSAGES ? one->offer.trust : one->offer.list;
}

static int64_t serial_of(const Gathered *one, Kind kind)
{
        return kind == TRUST_MESSAGES ? one->trust_serial : one->list_serial;
}

/* The state of a search for the newest message of a kind. */
typedef struct {
        Kind kind;
        GArray *gathered;
        GPtrArray *tried;         /* Gathered: tried since `accepted` changed, and refused */
        const Gathered *accepted; /* or NULL */
} Search;

/* The untried message with the greatest serial above that of the accepted one; of equal ones the first place's. */
static const Gathered *next_of(const Search *search)
{
        const Gathered *next = NULL;
        for (guint i = 0; i < search->gathered->len; i++) {
                const Gathered *one = &g_array_index(search->gathered, Gathered, i);
                int64_t serial = serial_of(one, search->kind);
                if (message_of(one, search->kind) && !g_ptr_array_find(search->tried, one, NULL) &&
                    (!search->accepted || serial > serial_of(search->accepted, search->kind)) &&
                    (!next || serial > serial_of(next, search->kind)))
                        next = one;
        }
        return next;
}

/* A trust.list may be signed by a root key that only an older trust.list makes known, so refused messages are tried
 * again after each accepted one. */
static void accept_one(Search *search, const Gathered *one)
{
        search->accepted = one;
        if (search->kind == TRUST_MESSAGES)
                g_ptr_array_set_size(search->tried, 0);
}

static void tell_of_older(OrdersPass *pass, const Search *search)
{
        for (guint i = 0; search->accepted && i < search->gathered->len; i++) {
                const Gathered *one = &g_array_index(search->gathered, Gathered, i);
                int64_t serial = serial_of(one, search->kind);
                if (message_of(one, search->kind) && serial >= 0 &&
                    serial < serial_of(search->accepted, search->kind))
                        g_ptr_array_add(
                                pass->orders->silent,
                                g_strdup_printf("%s: its %s is older than that of %s", one->place,
                                                search->kind == TRUST_MESSAGES ? "trust.list" : "list",
                                                search->accepted->place));
        }
}

/* Take the newest message of a kind that is not refused. Returns: false with `error` set if going on is pointless. */
static bool take_newest(OrdersPass *pass, GArray *gathered, Kind kind, const Gathered **from, GError **error)
{
        g_autoptr(GPtrArray) tried = g_ptr_array_new();
        g_autoptr(GHashTable) refusals =
                g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_error_free);
        Search search = {.kind = kind, .gathered = gathered, .tried = tried};
        const Gathered *one = NULL;
        while ((one = next_of(&search))) {
                GError *why = NULL;
                bool good = kind == TRUST_MESSAGES ? orders_take_trust(pass, one->offer.trust, &why)
                                                   : orders_take_list(pass, one->offer.list, &why);
                g_ptr_array_add(tried, (void *)one);
                if (good)
                        accept_one(&search, one);
                if (good)
                        g_hash_table_remove(refusals, one);
                else
                        g_hash_table_replace(refusals, (void *)one, why);
                if (!good && !may_be_passed_over(why)) {
                        g_propagate_error(error, g_error_copy(why));
                        return false;
                }
        }
        tell_of_refusals(pass, gathered, refusals);
        tell_of_older(pass, &search);
        *from = search.accepted;
        return true;
}

/* A place that cannot be read is never a reason to stop. */
static void tell_of_silent(OrdersPass *pass, const Gathered *one)
{
        pass->orders->reached = pass->orders->reached || !one->why;
        if (one->why)
                g_ptr_array_add(pass->orders->silent,
                                g_strdup_printf("%s: %s", one->place, one->why->message));
        else if (!one->offer.list)
                g_ptr_array_add(pass->orders->silent, g_strdup_printf("%s: it has no list for host '%s'",
                                                                      one->place, pass->conf->host));
}

/* Every trust.list is judged before any list: a source with an old one must not make its list count. */
static bool ask_all(OrdersPass *pass, const char *const *places, GError **error)
{
        g_autoptr(GArray) gathered = orders_gather(pass->conf, places);
        const Gathered *from = NULL;
        for (guint i = 0; i < gathered->len; i++)
                tell_of_silent(pass, &g_array_index(gathered, Gathered, i));
        if (!take_newest(pass, gathered, TRUST_MESSAGES, &from, error) ||
            !take_newest(pass, gathered, LIST_MESSAGES, &from, error))
                return false;
        pass->orders->source = from ? g_strdup(from->place) : NULL;
        return true;
}

Orders *orders_refresh(const OrdersConf *conf, const char *host_key, bool only_look, GError **error)
{
        g_auto(OrdersPass) pass = {0};
        if (!orders_pass_begin(&pass, conf, host_key, only_look, error))
                return NULL;
        g_auto(GStrv) places = orders_places((const char *const *)conf->lists);
        if (!ask_all(&pass, (const char *const *)places, error))
                return NULL;
        if (!*conf->lists)
                g_ptr_array_add(
                        pass.orders->silent,
                        g_strdup("no source of lists is configured: set 'depots' or 'lists' in [pull]"));
        if (!only_look && !orders_seen_save(pass.seen, error))
                return NULL;
        return finish(&pass);
}
