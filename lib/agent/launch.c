/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch_private.h"

#include <limits.h>
#include <string.h>

#include "conf_orders.h"
#include "settings_store.h"
#include "text.h"

bool launch_open(Launch *launch, Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        Stored *stored = agent_connect(agent, error)
                                 ? store_load(agent->store, record->service, version, error)
                                 : NULL;
        *launch = (Launch){.agent = stored ? agent : NULL, .record = record, .stored = stored};
        return stored != NULL;
}

void launch_clear(Launch *launch)
{
        g_clear_pointer(&launch->stored, stored_unref);
}

LaunchResult launch_judge(LaunchPhase phase, const GError *why)
{
        return launch_blames_version(phase, why) ? LAUNCH_UNHEALTHY : LAUNCH_RETRY;
}

/* A record that says so already is not written again: going back must work on a full disk. */
static bool note_address(const Launch *launch, GError **error)
{
        ServiceRecord *record = launch->record;
        g_autofree char *address = host_network_address(launch->agent->network, record->service);
        if (g_strcmp0(record->address, address) == 0)
                return true;
        text_set(&record->address, address);
        return service_record_save(launch->agent->conf->state_directory, record, error);
}

bool launch_settle(Launch *launch, GError **error)
{
        Agent *agent = launch->agent;
        host_network_set(agent->network, launch->stored, launch->record->address);
        return host_network_apply(agent->network, agent_network_driver(agent), false, error) &&
               note_address(launch, error);
}

/* `directory` gets the path that the instance borrows. */
static bool give_settings(const Launch *launch, Instance *instance, char **directory, GError **error)
{
        const ServiceRecord *record = launch->record;
        if (!record->settings)
                return true;
        SettingsStore settings = agent_conf_settings(launch->agent->conf);
        *directory = settings_store_unpack(&settings, record->service, record->settings, error);
        instance->settings = *directory;
        instance->settings_digest = record->settings;
        return *directory != NULL;
}

static bool is_container(const Launch *launch)
{
        return launch->stored->description->kind == KIND_CONTAINER || launch->record->container;
}

bool launch_prepare(Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        g_auto(Launch) launch = {0};
        if (!launch_open(&launch, agent, record, version, error))
                return false;
        Instance instance = {.description = launch.stored->description,
                             .as_container = is_container(&launch)};
        return instance_prepare_root(&agent->host, &instance, error);
}

LaunchResult launch_instance(const Launch *launch, bool beside, GError **error)
{
        Agent *agent = launch->agent;
        const ServiceRecord *record = launch->record;
        const ServiceDescription *description = launch->stored->description;
        g_autofree char *image = store_image(agent->store, record->service, description->version);
        g_autoptr(NetworkService) place = host_network_place(agent->network, record->service);
        Instance instance = {.description = description,
                             .image = image,
                             .as_container = is_container(launch),
                             .network = place,
                             .beside = beside};
        g_autofree char *settings = NULL;
        if (!give_settings(launch, &instance, &settings, error))
                return launch_judge(LAUNCH_PHASE_HOST, *error);
        if (!instance_start(&agent->host, &instance, error))
                return launch_judge(LAUNCH_PHASE_START, *error);
        return LAUNCH_HEALTHY;
}

LaunchResult launch_start(Launch *launch, GError **error)
{
        service_states_set(launch->agent->states, launch->record->service,
                           launch->stored->description->version, SERVICE_STARTING, NULL);
        if (!launch_settle(launch, error))
                return launch_judge(LAUNCH_PHASE_NETWORK, *error);
        return launch_instance(launch, false, error);
}

LaunchResult launch_note(const Launch *launch, LaunchResult result)
{
        ServiceStates *states = launch->agent->states;
        const ServiceDescription *description = launch->stored->description;
        if (result == LAUNCH_HEALTHY) {
                service_states_set(states, description->service, description->version, SERVICE_RUNNING, NULL);
                service_states_set_health(states, description->service, NULL);
        }
        return result;
}

LaunchResult launch_run(Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        g_auto(Launch) launch = {0};
        if (!launch_open(&launch, agent, record, version, error))
                return launch_judge(LAUNCH_PHASE_HOST, *error);
        LaunchResult result = launch_start(&launch, error);
        if (result == LAUNCH_HEALTHY)
                result = launch_wait(&launch, NULL, UINT_MAX, error);
        return launch_note(&launch, result);
}

/* --- stopping */

bool launch_stop_others(Agent *agent, const char *service, const char *version, GError **error)
{
        g_autoptr(GPtrArray) domains = agent_domains(agent, error);
        guint count = 0, first = domains ? domains_of(domains, service, &count) : 0;
        for (guint i = 0; i < count; i++) {
                const VirtDomain *domain = domains->pdata[first + i];
                if (strcmp(domain->version, version) != 0 &&
                    !launch_stop(agent, service, domain->version, error))
                        return false;
        }
        return domains != NULL;
}

bool launch_stop(Agent *agent, const char *service, const char *version, GError **error)
{
        return agent_connect(agent, error) &&
               instance_stop(&agent->host, service, version, agent->conf->stop_grace_s * 1000, error);
}

void launch_cancel(Agent *agent)
{
        g_atomic_int_set(&agent->ends, 1);
}
