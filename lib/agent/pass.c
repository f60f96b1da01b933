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
#include "settings_store.h"
#include "survey.h"
#include "text.h"

int agent_lock(const AgentConf *conf, GError **error)
{
        g_autofree char *path = g_build_filename(conf->run_directory, "agent.lock", NULL);
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

/* --- what this process does not know yet */

static void know_state(const Agent *agent, const ServiceRecord *record, const VirtDomain *domain)
{
        ServiceState state = SERVICE_FAILED;
        if (domain)
                state = SERVICE_RUNNING;
        else if (record->halted)
                state = SERVICE_HALTED;
        else if (record->stopped || !record->current)
                state = SERVICE_STOPPED;
        roster_set(agent->roster, record->service, domain ? domain->version : record->current, state,
                   record->error);
        roster_set_restarts(agent->roster, record->service, record->restarts->len);
        if (domain && domain->started_at)
                roster_set_since(agent->roster, record->service, domain->started_at);
}

static void know_record(const Agent *agent, const Survey *survey, const ServiceRecord *record)
{
        const VirtDomain *domain = domains_find(survey->domains, record->service, record->current);
        const char *version = domain ? domain->version : record->current;
        g_autoptr(Stored) stored = version ? store_load(agent->store, record->service, version, NULL) : NULL;
        if (stored)
                wiring_set(agent->wiring, stored, record->address);
        if (stored && domain && domain->interface)
                wiring_set_slot(agent->wiring, record->service, network_interface_slot(domain->interface));
        know_state(agent, record, domain);
}

/* One whose record was torn has its address from its name again. */
static bool note_address(const Agent *agent, ServiceRecord *record, GError **error)
{
        g_autofree char *address = wiring_address(agent->wiring, record->service);
        if (!address || g_strcmp0(record->address, address) == 0)
                return true;
        text_set(&record->address, address);
        return service_record_save(agent->conf->state_directory, record, error);
}

/* The first look of this process at the host: what runs keeps its place on the network. */
static bool get_to_know(Agent *agent, const Survey *survey, GError **error)
{
        if (g_atomic_int_get(&agent->knows_host))
                return true;
        GHashTableIter iter;
        void *record = NULL;
        g_hash_table_iter_init(&iter, survey->records);
        while (g_hash_table_iter_next(&iter, NULL, &record))
                know_record(agent, survey, record);
        Virt *virt = agent_network_driver(agent);
        if (!wiring_apply(agent->wiring, virt, agent->renews_network, error))
                return false;
        g_hash_table_iter_init(&iter, survey->records);
        while (g_hash_table_iter_next(&iter, NULL, &record))
                if (!note_address(agent, record, error))
                        return false;
        g_atomic_int_set(&agent->knows_host, 1);
        return true;
}

/* Which ports of the host are open may have changed; the rest of its network cannot. */
static bool rewire(Agent *agent, GError **error)
{
        Virt *virt = agent_network_driver(agent);
        if (agent->rewires && !wiring_apply(agent->wiring, virt, false, error))
                return false;
        agent->rewires = false;
        return true;
}

/* --- the parts of a pass */

static GHashTable *asked_for(const Wishes *wishes)
{
        GHashTable *asked = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
        for (guint i = 0; i < wishes->wishes->len; i++) {
                const Wish *wish = wishes->wishes->pdata[i];
                g_hash_table_insert(asked, wish->service, wish_text(wish));
        }
        return asked;
}

static bool make_plan(Agent *agent, Report *report, const Survey *survey, Supply *supply, GError **error)
{
        report->wishes = wishes_make(agent, report->orders, survey, supply, error);
        if (!report->wishes)
                return false;
        g_autoptr(GHashTable) asked = asked_for(report->wishes);
        g_autoptr(Have) have = survey_have(agent, survey, report->orders->list, asked, error);
        if (!have)
                return false;
        wishes_compare_settings(report->wishes, survey->domains, have);
        report->plan = plan_make(report->wishes->want, have);
        return true;
}

/* What neither a record, nor a wish, nor what ran when we looked has to do with. */
static bool tidy_settings(const Agent *agent, const Wishes *wishes, const Survey *survey, const char *service,
                          GError **error)
{
        const Wish *wish = wishes_find(wishes, service);
        g_autoptr(ServiceRecord) record =
                service_record_load(agent->conf->state_directory, service, NULL, error);
        g_autoptr(GPtrArray) kept = g_ptr_array_new();
        if (!record)
                return false;
        if (wish && wish->settings)
                g_ptr_array_add(kept, wish->settings);
        if (record->settings)
                g_ptr_array_add(kept, record->settings);
        for (guint i = 0; i < survey->domains->len; i++) {
                const VirtDomain *domain = survey->domains->pdata[i];
                if (strcmp(domain->service, service) == 0 && domain->settings)
                        g_ptr_array_add(kept, domain->settings);
        }
        g_ptr_array_add(kept, NULL);
        return settings_store_tidy(agent->conf, service, (const char *const *)kept->pdata, error);
}

static bool tidy_all_settings(const Agent *agent, const Wishes *wishes, const Survey *survey, GError **error)
{
        g_autoptr(GPtrArray) services = settings_store_services(agent->conf);
        for (guint i = 0; i < services->len; i++)
                if (!tidy_settings(agent, wishes, survey, services->pdata[i], error))
                        return false;
        return true;
}

static void take_notes(Report *report, const Survey *survey)
{
        for (guint i = 0; i < survey->notes->len; i++)
                g_ptr_array_add(report->notes, g_strdup(survey->notes->pdata[i]));
}

static bool make_pass(Agent *agent, Report *report, GError **error)
{
        const OrdersConf conf = agent_conf_orders(agent->conf);
        report->orders = orders_refresh(&conf, agent->host_key, false, error);
        if (!report->orders)
                return false;
        g_autoptr(Survey) survey = survey_look(agent, false, error);
        if (!survey)
                return false;
        take_notes(report, survey);
        g_autoptr(Supply) supply = supply_new(&conf, report->orders);
        if (!get_to_know(agent, survey, error) || !rewire(agent, error) ||
            !make_plan(agent, report, survey, supply, error))
                return false;
        g_autoptr(PackagesSide) packages = packages_side_new(agent, report->orders);
        Apply apply = {agent, report->orders, report->wishes, supply, packages};
        if (!apply_notes(&apply, survey, error))
                return false;
        report->outcomes = apply_plan(&apply, report->plan);
        supply_tell(supply, report->notes);
        packages_side_settle(packages, report->wishes, &report->packages, &report->packages_error);
        return tidy_all_settings(agent, report->wishes, survey, error);
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
        g_autofree char *path = g_build_filename(agent->conf->state_directory, "state", "report.json", NULL);
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
        make_pass(agent, report, &report->error);
        report->seconds = (double)(g_get_monotonic_time() - started_us) / G_USEC_PER_SEC;
        tell_troubles(agent, report);
        keep(agent, report);
        malloc_trim(0);
        return report;
}

/* --- only looking */

/* Where no depot answers, the size is that of all that the image has. */
static void measure(Agent *agent, Report *report, Supply *supply)
{
        for (guint i = 0; i < report->plan->steps->len; i++) {
                Step *step = report->plan->steps->pdata[i];
                g_autoptr(GError) why = NULL;
                if (step->kind == STEP_FETCH && !step_fetch_look(agent, supply, step, &why))
                        g_ptr_array_add(report->notes,
                                        g_strdup_printf("%s %s: its size is that of the whole image: %s",
                                                        step->service, step->version, why->message));
        }
}

static bool look(Agent *agent, Report *report, GError **error)
{
        const OrdersConf conf = agent_conf_orders(agent->conf);
        report->orders = orders_refresh(&conf, agent->host_key, true, error);
        if (!report->orders)
                return false;
        g_autoptr(Survey) survey = survey_look(agent, true, error);
        if (!survey)
                return false;
        g_autoptr(Supply) supply = supply_new(&conf, report->orders);
        g_autoptr(PackagesSide) packages = packages_side_new(agent, report->orders);
        if (!make_plan(agent, report, survey, supply, error))
                return false;
        measure(agent, report, supply);
        supply_tell(supply, report->notes);
        packages_side_plan(packages, &report->packages, &report->packages_error);
        return true;
}

Report *pass_plan(Agent *agent)
{
        Report *report = report_new();
        g_autotempdir directory = directory_make_temporary(&report->error);
        if (!directory)
                return report;
        agent->drafts = store_new(directory);
        look(agent, report, &report->error);
        g_clear_pointer(&agent->drafts, store_free);
        return report;
}
