/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/file.h>

#include "apply_steps.h"
#include "conf_orders.h"
#include "errors.h"
#include "files.h"
#include "paths.h"
#include "settings_store.h"
#include "inventory.h"
#include "text.h"

int pass_lock(const AgentConf *conf, GError **error)
{
        g_autofree char *path = paths_lock(conf->run_directory);
        g_autofd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) {
                fail_errno(error, "cannot open '%s'", path);
                return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
                if (errno == EWOULDBLOCK)
                        fail(error, LAUTTA_ERROR_CONFLICT,
                             "another lautta-agent is at work on this host ('%s' is locked)", path);
                else
                        fail_errno(error, "cannot lock '%s'", path);
                return -1;
        }
        return fd_steal(&fd);
}

/* --- the first look of this process at the host */

static void know_state(const Agent *agent, const ServiceRecord *record, const VirtDomain *domain)
{
        ServiceState state = SERVICE_FAILED;
        if (domain)
                state = SERVICE_RUNNING;
        else if (record->halted)
                state = SERVICE_HALTED;
        else if (record->stopped || !record->current)
                state = SERVICE_STOPPED;
        service_states_set(agent->states, record->service, domain ? domain->version : record->current, state,
                           record->error);
        service_states_set_restarts(agent->states, record->service, record->restarts->len);
        if (domain && domain->started_at)
                service_states_set_since(agent->states, record->service, domain->started_at);
}

static void know_record(const Agent *agent, const Inventory *inventory, const ServiceRecord *record)
{
        const VirtDomain *domain = domains_find(inventory->domains, record->service, record->current);
        const char *version = domain ? domain->version : record->current;
        g_autoptr(Stored) stored = version ? store_load(agent->store, record->service, version, NULL) : NULL;
        if (stored)
                host_network_set(agent->network, stored, record->address);
        if (stored && domain && domain->interface)
                host_network_set_slot(agent->network, record->service,
                                      network_interface_slot(domain->interface));
        know_state(agent, record, domain);
}

/* A service whose record was torn gets its address from its name again. */
static bool note_address(const Agent *agent, ServiceRecord *record, GError **error)
{
        g_autofree char *address = host_network_address(agent->network, record->service);
        if (!address || g_strcmp0(record->address, address) == 0)
                return true;
        text_set(&record->address, address);
        return service_record_save(agent->conf->state_directory, record, error);
}

/* Running services keep their places on the network. */
static bool get_to_know(Agent *agent, const Inventory *inventory, GError **error)
{
        if (g_atomic_int_get(&agent->knows_host))
                return true;
        GHashTableIter iter;
        void *record = NULL;
        g_hash_table_iter_init(&iter, inventory->records);
        while (g_hash_table_iter_next(&iter, NULL, &record))
                know_record(agent, inventory, record);
        Virt *virt = agent_network_driver(agent);
        if (!host_network_apply(agent->network, virt, agent->renews_network, error))
                return false;
        g_hash_table_iter_init(&iter, inventory->records);
        while (g_hash_table_iter_next(&iter, NULL, &record))
                if (!note_address(agent, record, error))
                        return false;
        g_atomic_int_set(&agent->knows_host, 1);
        return true;
}

/* Bring the host's network to an adopted configuration, or back to its state before another program changed
 * it. */
static bool settle_network(Agent *agent, Report *report, GError **error)
{
        Virt *virt = agent_network_driver(agent);
        bool done = agent->rewires ? host_network_apply(agent->network, virt, false, error)
                                   : host_network_settle(agent->network, virt, error);
        char *changed = host_network_take_changed(agent->network);
        if (changed)
                g_ptr_array_add(report->notes, changed);
        agent->rewires = agent->rewires && !done;
        return done;
}

/* --- the parts of a pass */

/* The context of one pass, made and dropped with it. */
typedef struct {
        Agent *agent;
        Report *report; /* borrowed */
        Store *drafts; /* of a pass that only looks: takes descriptions instead of the agent's store; or NULL */
        Inventory *inventory;
        PackageSources *sources;
        PackagesPass *packages;
} Pass;

static void pass_clear(Pass *pass)
{
        g_clear_pointer(&pass->packages, packages_pass_free);
        g_clear_pointer(&pass->sources, package_sources_free);
        g_clear_pointer(&pass->inventory, inventory_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pass, pass_clear)

static GHashTable *asked_for(const Targets *targets)
{
        GHashTable *asked = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
        for (guint i = 0; i < targets->targets->len; i++) {
                const ServiceTarget *target = targets->targets->pdata[i];
                g_hash_table_insert(asked, target->service, targets_text(target));
        }
        return asked;
}

static bool make_plan(Pass *pass, GError **error)
{
        Agent *agent = pass->agent;
        Report *report = pass->report;
        const Inventory *inventory = pass->inventory;
        report->targets = targets_make(agent, report->orders, inventory, pass->sources, pass->drafts, error);
        if (!report->targets)
                return false;
        g_autoptr(GHashTable) asked = asked_for(report->targets);
        g_autoptr(Have) have = inventory_have(agent, inventory, report->orders->list, asked, error);
        if (!have)
                return false;
        targets_compare_settings(report->targets, inventory->domains, have);
        report->plan = plan_make(report->targets->want, have);
        return true;
}

/* Delete settings files that no record, target or running domain refers to. */
static bool tidy_settings(const Agent *agent, const Targets *targets, const Inventory *inventory,
                          const char *service, GError **error)
{
        SettingsStore settings = agent_conf_settings(agent->conf);
        const ServiceTarget *target = targets_find(targets, service);
        g_autoptr(ServiceRecord) record =
                service_record_load(agent->conf->state_directory, service, NULL, error);
        g_autoptr(GPtrArray) kept = g_ptr_array_new();
        if (!record)
                return false;
        if (target && target->settings)
                g_ptr_array_add(kept, target->settings);
        if (record->settings)
                g_ptr_array_add(kept, record->settings);
        for (guint i = 0; i < inventory->domains->len; i++) {
                const VirtDomain *domain = inventory->domains->pdata[i];
                if (strcmp(domain->service, service) == 0 && domain->settings)
                        g_ptr_array_add(kept, domain->settings);
        }
        g_ptr_array_add(kept, NULL);
        return settings_store_tidy(&settings, service, (const char *const *)kept->pdata, error);
}

static bool tidy_all_settings(const Agent *agent, const Targets *targets, const Inventory *inventory,
                              GError **error)
{
        SettingsStore settings = agent_conf_settings(agent->conf);
        g_autoptr(GPtrArray) services = settings_store_services(&settings);
        for (guint i = 0; i < services->len; i++)
                if (!tidy_settings(agent, targets, inventory, services->pdata[i], error))
                        return false;
        return true;
}

static void take_notes(Report *report, const Inventory *inventory)
{
        for (guint i = 0; i < inventory->notes->len; i++)
                g_ptr_array_add(report->notes, g_strdup(inventory->notes->pdata[i]));
}

/* Where no depot answers, the size stays that of the whole image. */
static void measure(const Pass *pass)
{
        Report *report = pass->report;
        for (guint i = 0; i < report->plan->steps->len; i++) {
                Step *step = report->plan->steps->pdata[i];
                g_autoptr(GError) why = NULL;
                if (step->kind == STEP_FETCH &&
                    !apply_fetch_look(pass->agent, pass->sources, pass->drafts, step, &why))
                        g_ptr_array_add(report->notes,
                                        g_strdup_printf("%s %s: its size is that of the whole image: %s",
                                                        step->service, step->version, why->message));
        }
}

/* A pass that only looks does not touch the network. */
static bool prepare_host(const Pass *pass, GError **error)
{
        return pass->drafts || (get_to_know(pass->agent, pass->inventory, error) &&
                                settle_network(pass->agent, pass->report, error));
}

static void look(const Pass *pass)
{
        measure(pass);
        package_sources_tell(pass->sources, pass->report->notes);
        packages_pass_plan(pass->packages, &pass->report->packages, &pass->report->packages_error);
}

static bool apply(const Pass *pass, GError **error)
{
        Report *report = pass->report;
        Apply made = {pass->agent, report->orders, report->targets, pass->sources, pass->packages};
        if (!apply_notes(&made, pass->inventory, error))
                return false;
        report->outcomes = apply_plan(&made, report->plan);
        package_sources_tell(pass->sources, report->notes);
        packages_pass_settle(pass->packages, report->targets, &report->packages, &report->packages_error);
        return tidy_all_settings(pass->agent, report->targets, pass->inventory, error);
}

/* With `drafts`, the pass only looks and changes nothing. */
static bool make_pass(Agent *agent, Report *report, Store *drafts, GError **error)
{
        g_auto(Pass) pass = {.agent = agent, .report = report, .drafts = drafts};
        const OrdersConf conf = agent_conf_orders(agent->conf);
        report->orders = orders_refresh(&conf, agent->host_key, drafts != NULL, error);
        pass.inventory = report->orders ? inventory_look(agent, drafts != NULL, error) : NULL;
        if (!pass.inventory)
                return false;
        take_notes(report, pass.inventory);
        pass.sources = package_sources_new(&conf, report->orders);
        pass.packages = packages_pass_new(agent, report->orders, pass.sources);
        if (!prepare_host(&pass, error) || !make_plan(&pass, error))
                return false;
        if (!drafts)
                return apply(&pass, error);
        look(&pass);
        return true;
}

/* --- telling */

static void tell_troubles(const Agent *agent, const Report *report)
{
        g_autoptr(GPtrArray) lines = report_troubles(report, false);
        for (guint i = 0; i < lines->len; i++) {
                AgentEvent event = {.level = EVENT_WARNING, .message = lines->pdata[i]};
                agent_tell(agent, &event);
        }
}

static void keep(const Agent *agent, const Report *report)
{
        g_autofree char *path = paths_report(agent->conf->state_directory);
        g_autoptr(json_t) object = report_to_json(report);
        g_autoptr(GError) why = NULL;
        if (object && record_write(path, object, &why))
                return;
        AgentEvent event = {.level = EVENT_ERROR, .message = why ? why->message : "cannot make a report"};
        agent_tell(agent, &event);
}

Report *pass_run(Agent *agent)
{
        Report *report = report_new();
        gint64 started_us = g_get_monotonic_time();
        make_pass(agent, report, NULL, &report->error);
        report->seconds = (double)(g_get_monotonic_time() - started_us) / G_USEC_PER_SEC;
        tell_troubles(agent, report);
        keep(agent, report);
        malloc_trim(0);
        return report;
}

Report *pass_plan(Agent *agent)
{
        Report *report = report_new();
        g_autotempdir directory = directory_make_temporary(&report->error);
        if (!directory)
                return report;
        g_autoptr(Store) drafts = store_new(directory);
        make_pass(agent, report, drafts, &report->error);
        return report;
}
