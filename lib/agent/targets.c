/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "targets.h"

#include <string.h>

#include "apt.h"
#include "conf_orders.h"
#include "errors.h"
#include "plan_input.h"
#include "service_record.h"
#include "settings_store.h"
#include "text.h"

static void target_free(void *data)
{
        ServiceTarget *target = data;
        g_free(target->service);
        g_free(target->version);
        g_free(target->settings);
        g_clear_error(&target->why_not);
        g_free(target);
}

void targets_free(Targets *targets)
{
        if (!targets)
                return;
        want_free(targets->want);
        g_hash_table_unref(targets->by_service);
        g_ptr_array_unref(targets->targets);
        g_ptr_array_unref(targets->notes);
        g_free(targets);
}

const ServiceTarget *targets_find(const Targets *targets, const char *service)
{
        return g_hash_table_lookup(targets->by_service, service);
}

char *targets_text(const ServiceTarget *target)
{
        g_autofree char *sha256 = target->has_sha256 ? digest_to_hex(target->sha256) : NULL;
        return g_strconcat(target->version, sha256 ? " " : "", sha256 ? sha256 : "",
                           target->settings ? " " : "", target->settings, NULL);
}

/* --- requests of the list and of people */

static ServiceTarget *add_target(Targets *targets, const char *service, const char *version)
{
        ServiceTarget *target = g_new0(ServiceTarget, 1);
        target->service = g_strdup(service);
        target->version = g_strdup(version);
        g_ptr_array_add(targets->targets, target);
        g_hash_table_insert(targets->by_service, target->service, target);
        return target;
}

static void pin(ServiceTarget *target, const ListService *pinned)
{
        g_free(target->version);
        target->version = g_strdup(pinned->version);
        target->has_sha256 = true;
        memcpy(target->sha256, pinned->sha256, DIGEST_BYTES);
}

static void add_listed(Targets *targets, const List *list)
{
        for (guint i = 0; i < list->must_have->len; i++) {
                const Relation *relation = list->must_have->pdata[i];
                const ListService *pinned = list_service(list, relation->name);
                if (!pinned)
                        continue;
                ServiceTarget *target = add_target(targets, pinned->service, pinned->version);
                pin(target, pinned);
                target->listed = true;
        }
}

bool targets_allowed(const List *list, const char *service)
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

/* A service that came through a list is removed when the list drops it. Installing its package by hand
 * afterwards counts as a new request. */
static bool was_listed(const Inventory *inventory, const char *service)
{
        const ServiceRecord *record = g_hash_table_lookup(inventory->records, service);
        return record && record->listed;
}

static bool add_unpacked(Targets *targets, const Agent *agent, const Inventory *inventory, const List *list,
                         GError **error)
{
        if (!agent->conf->manage_packages)
                return true;
        g_autoptr(GPtrArray) names = apt_unpacked_services(agent->conf->packages_root, error);
        for (guint i = 0; names && i < names->len; i++) {
                const char *service = names->pdata[i];
                if (targets_find(targets, service) || was_listed(inventory, service))
                        continue;
                if (!targets_allowed(list, service)) {
                        g_ptr_array_add(
                                targets->notes,
                                g_strdup_printf(
                                        "'%s' is installed, but the list does not allow it: it does not run",
                                        service));
                        continue;
                }
                g_autofree char *version = unpacked_version(agent->conf->packages_root, service);
                const ListService *pinned = list ? list_service(list, service) : NULL;
                if (!version)
                        continue;
                ServiceTarget *target = add_target(targets, service, version);
                if (pinned)
                        pin(target, pinned);
        }
        return names != NULL;
}

/* Without a list, services that came through a list stay. */
static void add_recorded(Targets *targets, const Inventory *inventory)
{
        GHashTableIter iter;
        void *value = NULL;
        g_hash_table_iter_init(&iter, inventory->records);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const ServiceRecord *record = value;
                if (record->listed && record->current && !targets_find(targets, record->service))
                        add_target(targets, record->service, record->current)->listed = true;
        }
}

/* --- from targets to the input of the plan */

typedef struct {
        Agent *agent;
        const Orders *orders;
        const Inventory *inventory;
        PackageSources *sources;
        Store *drafts; /* or NULL */
} TargetsJob;

static bool is_target(const Stored *stored, const ServiceTarget *target)
{
        return stored && (!target->has_sha256 || memcmp(stored->sha256, target->sha256, DIGEST_BYTES) == 0);
}

/* The list means another package of the same version. Remove the files of the previous package, unless they
 * are in use. */
static bool clear_other(const TargetsJob *job, const ServiceTarget *target, const ServiceRecord *record,
                        GError **error)
{
        if (record && (g_strcmp0(record->current, target->version) == 0 ||
                       g_strcmp0(record->candidate, target->version) == 0))
                return fail(
                        error, LAUTTA_ERROR_UNTRUSTED,
                        "the list means another service package of '%s' %s than the one that is in use here: publish what has changed as another version",
                        target->service, target->version);
        return job->drafts || store_remove(job->agent->store, target->service, target->version, error);
}

/* Returns: owned description of the target, taken from a depot if it must be. */
static Stored *describe(TargetsJob *job, const ServiceTarget *target, const ServiceRecord *record,
                        GError **error)
{
        Agent *agent = job->agent;
        const Orders *orders = job->orders;
        g_autoptr(Stored) stored = store_load(agent->store, target->service, target->version, NULL);
        PackageRef package = {target->service, target->version, target->has_sha256 ? target->sha256 : NULL};
        Store *store = job->drafts ? job->drafts : agent->store;
        if (is_target(stored, target))
                return g_steal_pointer(&stored);
        if (!orders->may_install) {
                fail(error, LAUTTA_ERROR_UNTRUSTED,
                     "it is not here, and the list in force installs nothing new");
                return NULL;
        }
        if ((stored && !clear_other(job, target, record, error)) ||
            !package_sources_describe(job->sources, &package, store, error))
                return NULL;
        return store_load(store, target->service, target->version, error);
}

static bool check_kind(const Stored *stored, GError **error)
{
        return stored->description->kind != KIND_HOST ||
               fail(error, LAUTTA_ERROR_USAGE, "'%s' is the base of a host, no service that one runs",
                    stored->description->service);
}

/* Without a list, a service keeps its settings. */
static bool take_settings(TargetsJob *job, ServiceTarget *target, GError **error)
{
        const Agent *agent = job->agent;
        const Orders *orders = job->orders;
        const ListService *listed = orders->list ? list_service(orders->list, target->service) : NULL;
        g_autofree char *digest =
                listed && listed->has_settings ? digest_to_hex(listed->settings_sha256) : NULL;
        if (!orders->list)
                return true;
        SettingsStore settings = agent_conf_settings(agent->conf);
        bool here = !digest || settings_store_has(&settings, target->service, digest);
        if (!here && !orders->may_install)
                return fail(error, LAUTTA_ERROR_UNTRUSTED,
                            "its settings are not here, and the list in force installs nothing new");
        g_auto(GStrv) places = here ? NULL : agent_conf_settings_places(agent->conf);
        if (!here && !settings_store_take(&settings, (const char *const *)places, target->service, digest,
                                          job->drafts != NULL, error))
                return false;
        text_set(&target->settings, digest);
        return true;
}

static void add_want(TargetsJob *job, Targets *targets, ServiceTarget *target)
{
        const List *list = job->orders->list;
        const ServiceRecord *record = g_hash_table_lookup(job->inventory->records, target->service);
        text_set(&target->settings, record ? record->settings : NULL);
        g_autoptr(Stored) stored = describe(job, target, record, &target->why_not);
        if (stored && check_kind(stored, &target->why_not) && take_settings(job, target, &target->why_not))
                g_ptr_array_add(targets->want->services, plan_input_version(job->agent, stored, list));
        else if (record && record->current)
                g_ptr_array_add(targets->want->services,
                                plan_input_load_version(job->agent, target->service, record->current, list));
        else
                g_ptr_array_add(targets->want->left_alone, g_strdup(target->service));
}

static int compare_targets(const void *a, const void *b)
{
        return strcmp((*(ServiceTarget *const *)a)->service, (*(ServiceTarget *const *)b)->service);
}

Targets *targets_make(Agent *agent, const Orders *orders, const Inventory *inventory, PackageSources *sources,
                      Store *drafts, GError **error)
{
        g_autoptr(Targets) targets = g_new0(Targets, 1);
        TargetsJob job = {agent, orders, inventory, sources, drafts};
        targets->targets = g_ptr_array_new_with_free_func(target_free);
        targets->by_service = g_hash_table_new(g_str_hash, g_str_equal);
        targets->notes = g_ptr_array_new_with_free_func(g_free);
        targets->want = want_new();
        targets->want->serial = orders->list ? orders->list->serial : 0;
        targets->want->may_install = orders->may_install;
        targets->want->why_not = orders->why_not;
        if (orders->list)
                add_listed(targets, orders->list);
        else
                add_recorded(targets, inventory);
        if (!add_unpacked(targets, agent, inventory, orders->list, error))
                return NULL;
        g_ptr_array_sort(targets->targets, compare_targets);
        for (guint i = 0; i < targets->targets->len; i++)
                add_want(&job, targets, targets->targets->pdata[i]);
        return g_steal_pointer(&targets);
}

void targets_compare_settings(const Targets *targets, const GPtrArray *domains, Have *have)
{
        for (guint i = 0; i < have->services->len; i++) {
                HaveService *service = have->services->pdata[i];
                const ServiceTarget *target = targets_find(targets, service->service);
                const VirtDomain *domain = domains_find(domains, service->service, service->running);
                service->other_settings =
                        target && domain && g_strcmp0(target->settings, domain->settings) != 0;
        }
}
