/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifies, judges and keeps a message, which is then in force. */
#include <string.h>

#include "errors.h"
#include "files.h"
#include "layout.h"
#include "list_judge.h"
#include "list_open.h"
#include "orders_private.h"
#include "signature.h"
#include "trust_open.h"

static const char trust_lost[] =
        "the trust.list that was in force here is damaged or gone, so that it is not known which keys are valid: until a source offers one, what runs keeps running, and nothing is installed";

bool orders_is_refusal(const GError *why)
{
        return error_is(why, LAUTTA_ERROR_UNTRUSTED) || error_is(why, LAUTTA_ERROR_CORRUPT);
}

/* Returns: borrowed fingerprints of the keys that may sign lists; NULL: any key of the medium. */
static const char *const *list_keys(const OrdersPass *pass)
{
        const Trust *trust = pass->orders->trust;
        return trust ? (const char *const *)trust->list_keys : NULL;
}

/* Returns: the newest date signed by a key that is valid now. */
static int64_t newest_date(const OrdersPass *pass)
{
        const Trust *trust = pass->orders->trust;
        if (!trust)
                return orders_seen_date(pass->seen, NULL);
        int64_t newest = orders_seen_date(pass->seen, trust->root);
        for (char **key = trust->list_keys; *key; key++)
                newest = MAX(newest, orders_seen_date(pass->seen, *key));
        for (char **key = trust->release_keys; *key; key++)
                newest = MAX(newest, orders_seen_date(pass->seen, *key));
        return newest;
}

static bool keep(const OrdersPass *pass, const char *path, GBytes *message, GError **error)
{
        g_autofree char *directory = g_path_get_dirname(path);
        return pass->only_look || (directory_make(directory, 0755, error) &&
                                   file_write_atomically(path, g_bytes_get_data(message, NULL),
                                                         g_bytes_get_size(message), 0644, error));
}

static bool keep_root(const OrdersPass *pass, GError **error)
{
        const Trust *trust = pass->orders->trust;
        return pass->only_look || !trust || orders_keys_keep(pass->keys, trust, error);
}

/* A trust.list was in force and cannot be read any more: the medium's keys may be withdrawn. */
static bool trust_is_lost(const OrdersPass *pass)
{
        uint8_t sha256[DIGEST_BYTES];
        return !pass->orders->trust && orders_seen_serial(pass->seen, SEEN_TRUST, NULL, sha256) > 0;
}

static TrustVerdict judge_trust(const OrdersPass *pass, const Trust *trust,
                                const uint8_t sha256[DIGEST_BYTES], GError **error)
{
        const char *const root[] = {pass->keys->root, NULL};
        uint8_t seen_sha256[DIGEST_BYTES] = {0};
        int64_t serial =
                orders_seen_serial(pass->seen, SEEN_TRUST, pass->keys->root ? root : NULL, seen_sha256);
        return trust_judge(trust, sha256, serial, seen_sha256, pass->now, newest_date(pass), error);
}

static void set_trust(OrdersPass *pass, Trust *trust, GBytes *message, const uint8_t sha256[DIGEST_BYTES])
{
        Orders *orders = pass->orders;
        orders_seen_note(pass->seen, SEEN_TRUST, trust->root, trust->serial, sha256);
        orders_seen_note_date(pass->seen, trust->root, trust->date);
        memcpy(pass->trust_sha256, sha256, DIGEST_BYTES);
        g_clear_pointer(&pass->trust_message, g_bytes_unref);
        pass->trust_message = g_bytes_ref(message);
        trust_free(orders->trust);
        orders->trust = trust;
        g_strfreev(orders->release_keys);
        orders->release_keys = g_strdupv(trust->release_keys);
}

/* True if the list in force is signed by a key that is still valid. */
static void check_list_again(OrdersPass *pass)
{
        if (!pass->list_message)
                return;
        g_autoptr(List) list = list_open(pass->list_message, "list", pass->keys->list_keyring,
                                         list_keys(pass), NULL, NULL, NULL);
        pass->list_is_valid = list != NULL;
}

bool orders_take_trust(OrdersPass *pass, GBytes *message, GError **error)
{
        if (pass->trust_message && g_bytes_equal(message, pass->trust_message))
                return true;
        uint8_t sha256[DIGEST_BYTES];
        g_autoptr(GError) why = NULL;
        g_autoptr(Trust) trust =
                trust_open(message, pass->keys->root_keyring, pass->keys->root, sha256, error);
        if (!trust)
                return false;
        TrustVerdict verdict = judge_trust(pass, trust, sha256, &why);
        if (verdict != TRUST_OBEY && verdict != TRUST_EXPIRED) {
                g_propagate_error(error, g_steal_pointer(&why));
                return false;
        }
        /* Follow the trust.list before it is kept: a kept trust.list must have readable keys. */
        if (!keep_root(pass, error) || !orders_keys_follow(pass->keys, trust, error) ||
            !keep(pass, pass->trust_path, message, error))
                return false;
        set_trust(pass, g_steal_pointer(&trust), message, sha256);
        check_list_again(pass);
        return true;
}

static ListVerdict judge_list(const OrdersPass *pass, const List *list, const uint8_t sha256[DIGEST_BYTES],
                              GError **error)
{
        ListCircumstances here = {
                .host = pass->conf->host,
                .host_key = pass->host_key,
                .now = pass->now,
                .newest_date = newest_date(pass),
        };
        here.seen_serial = orders_seen_serial(pass->seen, SEEN_LIST, list_keys(pass), here.seen_sha256);
        return list_judge(list, sha256, &here, error);
}

static void set_list(OrdersPass *pass, List *list, GBytes *message, const char *signer,
                     const uint8_t sha256[DIGEST_BYTES])
{
        orders_seen_note(pass->seen, SEEN_LIST, signer, list->serial, sha256);
        orders_seen_note_date(pass->seen, signer, list->date);
        pass->orders->changed = !pass->list_message || memcmp(pass->list_sha256, sha256, DIGEST_BYTES) != 0;
        memcpy(pass->list_sha256, sha256, DIGEST_BYTES);
        g_clear_pointer(&pass->list_message, g_bytes_unref);
        pass->list_message = g_bytes_ref(message);
        pass->list_is_valid = true;
        list_free(pass->orders->list);
        pass->orders->list = list;
}

bool orders_take_list(OrdersPass *pass, GBytes *message, GError **error)
{
        if (pass->list_message && pass->list_is_valid && g_bytes_equal(message, pass->list_message))
                return true;
        if (trust_is_lost(pass))
                return fail(error, LAUTTA_ERROR_UNTRUSTED, "%s", trust_lost);
        uint8_t sha256[DIGEST_BYTES];
        g_autofree char *signer = NULL;
        g_autofree char *name = layout_list_path(pass->conf->host);
        g_autoptr(GError) why = NULL;
        g_autoptr(List) list =
                list_open(message, name, pass->keys->list_keyring, list_keys(pass), &signer, sha256, error);
        if (!list)
                return false;
        ListVerdict verdict = judge_list(pass, list, sha256, &why);
        if (verdict != LIST_OBEY && verdict != LIST_EXPIRED) {
                g_propagate_prefixed_error(error, g_steal_pointer(&why), "%s: ", name);
                return false;
        }
        if (!keep(pass, pass->list_path, message, error))
                return false;
        set_list(pass, g_steal_pointer(&list), message, signer, sha256);
        return true;
}

static void may_not(Orders *orders, const char *why)
{
        orders->may_install = false;
        g_free(orders->why_not);
        orders->why_not = g_strdup(why);
}

static void judge_list_in_force(OrdersPass *pass)
{
        Orders *orders = pass->orders;
        uint8_t sha256[DIGEST_BYTES];
        g_autoptr(GError) why = NULL;
        if (!orders->list && orders_seen_serial(pass->seen, SEEN_LIST, NULL, sha256))
                may_not(orders,
                        "the list that was in force here is damaged or gone, and no source has offered one since: what runs keeps running, and nothing is installed");
        else if (orders->list && !pass->list_is_valid)
                may_not(orders,
                        "the key that signed the list in force is not valid any more: what runs keeps running, and nothing is installed, until there is a list that a valid key signed");
        else if (orders->list && judge_list(pass, orders->list, pass->list_sha256, &why) != LIST_OBEY)
                may_not(orders, why->message);
}

void orders_pass_judge(OrdersPass *pass)
{
        Orders *orders = pass->orders;
        g_autoptr(GError) why = NULL;
        orders->may_install = true;
        g_clear_pointer(&orders->why_not, g_free);
        if (orders->trust && judge_trust(pass, orders->trust, pass->trust_sha256, &why) != TRUST_OBEY)
                may_not(orders, why->message);
        else if (trust_is_lost(pass))
                may_not(orders, trust_lost);
        else
                judge_list_in_force(pass);
}
