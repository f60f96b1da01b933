/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wishes.h"

#include <string.h>

#include "apt.h"
#include "errors.h"
#include "planned.h"
#include "service_record.h"
#include "settings_store.h"
#include "text.h"

static void wish_free(void *data)
{
        Wish *wish = data;
        g_free(wish->service);
        g_free(wish->version);
        g_free(wish->settings);
        g_clear_error(&wish->why_not);
        g_free(wish);
}

void wishes_free(Wishes *wishes)
{
        if (!wishes)
                return;
        want_free(wishes->want);
        g_hash_table_unref(wishes->by_service);
        g_ptr_array_unref(wishes->wishes);
        g_ptr_array_unref(wishes->notes);
        g_free(wishes);
}

const Wish *wishes_find(const Wishes *wishes, const char *service)
{
        return g_hash_table_lookup(wishes->by_service, service);
}

char *wish_text(const Wish *wish)
{
        g_autofree char *sha256 = wish->has_sha256 ? digest_to_hex(wish->sha256) : NULL;
        return g_strconcat(wish->version, sha256 ? " " : "", sha256 ? sha256 : "", wish->settings ? " " : "",
                           wish->settings, NULL);
}

/* --- who asks for what */

static Wish *add_wish(Wishes *wishes, const char *service, const char *version)
{
        Wish *wish = g_new0(Wish, 1);
        wish->service = g_strdup(service);
        wish->version = g_strdup(version);
        g_ptr_array_add(wishes->wishes, wish);
        g_hash_table_insert(wishes->by_service, wish->service, wish);
        return wish;
}

static void pin(Wish *wish, const ListService *pinned)
{
        g_free(wish->version);
        wish->version = g_strdup(pinned->version);
        wish->has_sha256 = true;
        memcpy(wish->sha256, pinned->sha256, DIGEST_BYTES);
}

static void add_listed(Wishes *wishes, const List *list)
{
        for (guint i = 0; i < list->must_have->len; i++) {
                const Relation *relation = list->must_have->pdata[i];
                const ListService *pinned = list_service(list, relation->name);
                if (!pinned)
                        continue;
                Wish *wish = add_wish(wishes, pinned->service, pinned->version);
                pin(wish, pinned);
                wish->listed = true;
        }
}

bool list_allows(const List *list, const char *service)
{
        if (!list)
                return true;
        if (relations_find(list->may_not_have, service))
                return false;
        if (relations_find(list->must_have, service))
                return true;
        for (guint i = 0; i < list->may_have->len; i++) {
                const Relation *relation = list->may_have->pdata[i];
                if (g_pattern_match_simple(relation->name, service))
                        return true;
        }
        return false;
}

/* Returns: owned version that dpkg has unpacked, or NULL. */
static char *unpacked_version(const char *root, const char *service)
{
        g_autofree char *path =
                g_build_filename(root, "usr/share/lautta/services", service, "service.yaml", NULL);
        g_autoptr(ServiceDescription) description = description_load(path, NULL);
        return description ? g_strdup(description->version) : NULL;
}

/* A service that is here because a list named it goes with that; who installs it again by hand has it anew.
 */
static bool was_listed(const Survey *survey, const char *service)
{
        const ServiceRecord *record = g_hash_table_lookup(survey->records, service);
        return record && record->listed;
}

static bool add_unpacked(Wishes *wishes, const Agent *agent, const Survey *survey, const List *list,
                         GError **error)
{
        if (!agent->conf->manage_packages)
                return true;
        g_autoptr(GPtrArray) names = apt_unpacked_services(agent->conf->packages_root, error);
        for (guint i = 0; names && i < names->len; i++) {
                const char *service = names->pdata[i];
                if (wishes_find(wishes, service) || was_listed(survey, service))
                        continue;
                if (!list_allows(list, service)) {
                        g_ptr_array_add(
                                wishes->notes,
                                g_strdup_printf(
                                        "'%s' is installed, but the list does not allow it: it does not run",
                                        service));
                        continue;
                }
                g_autofree char *version = unpacked_version(agent->conf->packages_root, service);
                const ListService *pinned = list ? list_service(list, service) : NULL;
                if (!version)
                        continue;
                Wish *wish = add_wish(wishes, service, version);
                if (pinned)
                        pin(wish, pinned);
        }
        return names != NULL;
}

/* Without a list, what a list has brought here stays. */
static void add_recorded(Wishes *wishes, const Survey *survey)
{
        GHashTableIter iter;
        void *value = NULL;
        g_hash_table_iter_init(&iter, survey->records);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const ServiceRecord *record = value;
                if (record->listed && record->current && !wishes_find(wishes, record->service))
                        add_wish(wishes, record->service, record->current)->listed = true;
        }
}

/* --- from wishes to what is wanted */

typedef struct {
        Agent *agent;
        const Orders *orders;
        const Survey *survey;
        Supply *supply;
} Making;

static bool is_wished(const Stored *stored, const Wish *wish)
{
        return stored && (!wish->has_sha256 || memcmp(stored->sha256, wish->sha256, DIGEST_BYTES) == 0);
}

/* Another package of the same version: what came from the one before goes, unless it is in use. */
static bool clear_other(const Agent *agent, const Wish *wish, const ServiceRecord *record, GError **error)
{
        if (record && (g_strcmp0(record->current, wish->version) == 0 ||
                       g_strcmp0(record->candidate, wish->version) == 0))
                return fail(
                        error, LAUTTA_ERROR_UNTRUSTED,
                        "the list means another service package of '%s' %s than the one that is in use here: publish what has changed as another version",
                        wish->service, wish->version);
        return agent->drafts || store_remove(agent->store, wish->service, wish->version, error);
}

/* Returns: owned description of the wish, taken from a depot if it must be. */
static Stored *describe(Making *making, const Wish *wish, const ServiceRecord *record, GError **error)
{
        Agent *agent = making->agent;
        const Orders *orders = making->orders;
        g_autoptr(Stored) stored = store_load(agent->store, wish->service, wish->version, NULL);
        SupplyWish supplied = {wish->service, wish->version, wish->has_sha256 ? wish->sha256 : NULL};
        Store *store = agent->drafts ? agent->drafts : agent->store;
        if (is_wished(stored, wish))
                return g_steal_pointer(&stored);
        if (!orders->may_install) {
                fail(error, LAUTTA_ERROR_UNTRUSTED,
                     "it is not here, and the list in force installs nothing new");
                return NULL;
        }
        if ((stored && !clear_other(agent, wish, record, error)) ||
            !supply_describe(making->supply, &supplied, store, error))
                return NULL;
        return store_load(store, wish->service, wish->version, error);
}

static bool check_kind(const Stored *stored, GError **error)
{
        return stored->description->kind != KIND_HOST ||
               fail(error, LAUTTA_ERROR_USAGE, "'%s' is the base of a host, no service that one runs",
                    stored->description->service);
}

/* Without a list, it has those that it had. */
static bool take_settings(Making *making, Wish *wish, GError **error)
{
        const Agent *agent = making->agent;
        const Orders *orders = making->orders;
        const ListService *listed = orders->list ? list_service(orders->list, wish->service) : NULL;
        g_autofree char *digest =
                listed && listed->has_settings ? digest_to_hex(listed->settings_sha256) : NULL;
        if (!orders->list)
                return true;
        if (digest && !orders->may_install && !settings_store_has(agent->conf, wish->service, digest))
                return fail(error, LAUTTA_ERROR_UNTRUSTED,
                            "its settings are not here, and the list in force installs nothing new");
        if (digest && !settings_store_take(agent->conf, wish->service, digest, agent->drafts != NULL, error))
                return false;
        text_set(&wish->settings, digest);
        return true;
}

static void add_want(Making *making, Wishes *wishes, Wish *wish)
{
        const List *list = making->orders->list;
        const ServiceRecord *record = g_hash_table_lookup(making->survey->records, wish->service);
        text_set(&wish->settings, record ? record->settings : NULL);
        g_autoptr(Stored) stored = describe(making, wish, record, &wish->why_not);
        if (stored && check_kind(stored, &wish->why_not) && take_settings(making, wish, &wish->why_not))
                g_ptr_array_add(wishes->want->services, plan_version_of(making->agent, stored, list));
        else if (record && record->current)
                g_ptr_array_add(wishes->want->services,
                                plan_version_load(making->agent, wish->service, record->current, list));
        else
                g_ptr_array_add(wishes->want->left_alone, g_strdup(wish->service));
}

static int compare_wishes(const void *a, const void *b)
{
        return strcmp((*(Wish *const *)a)->service, (*(Wish *const *)b)->service);
}

Wishes *wishes_make(Agent *agent, const Orders *orders, const Survey *survey, Supply *supply, GError **error)
{
        g_autoptr(Wishes) wishes = g_new0(Wishes, 1);
        Making making = {agent, orders, survey, supply};
        wishes->wishes = g_ptr_array_new_with_free_func(wish_free);
        wishes->by_service = g_hash_table_new(g_str_hash, g_str_equal);
        wishes->notes = g_ptr_array_new_with_free_func(g_free);
        wishes->want = want_new();
        wishes->want->serial = orders->list ? orders->list->serial : 0;
        wishes->want->may_install = orders->may_install;
        wishes->want->why_not = orders->why_not;
        if (orders->list)
                add_listed(wishes, orders->list);
        else
                add_recorded(wishes, survey);
        if (!add_unpacked(wishes, agent, survey, orders->list, error))
                return NULL;
        g_ptr_array_sort(wishes->wishes, compare_wishes);
        for (guint i = 0; i < wishes->wishes->len; i++)
                add_want(&making, wishes, wishes->wishes->pdata[i]);
        return g_steal_pointer(&wishes);
}

void wishes_compare_settings(const Wishes *wishes, const GPtrArray *domains, Have *have)
{
        for (guint i = 0; i < have->services->len; i++) {
                HaveService *service = have->services->pdata[i];
                const Wish *wish = wishes_find(wishes, service->service);
                const VirtDomain *domain = domains_find(domains, service->service, service->running);
                service->other_settings = wish && domain && g_strcmp0(wish->settings, domain->settings) != 0;
        }
}
