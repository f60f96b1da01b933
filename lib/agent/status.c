/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status.h"

#include "domains.h"
#include "paths.h"
#include "record.h"
#include "service_record.h"
#include "text.h"

static void fill_from_record(ServiceStatus *service, const ServiceRecord *record)
{
        service->state = record->halted    ? SERVICE_HALTED
                         : record->stopped ? SERVICE_STOPPED
                                           : SERVICE_UNKNOWN;
        text_set(&service->version, record->current);
        text_set(&service->address, record->address);
        text_set(&service->error, record->error);
        text_set(&service->current, record->current);
        text_set(&service->previous, record->previous);
        text_set(&service->candidate, record->candidate);
        text_set(&service->settings, record->settings);
        service->restarts = record->restarts->len;
        service->listed = record->listed;
        for (guint i = 0; i < record->bad->len; i++) {
                const BadVersion *bad = record->bad->pdata[i];
                service_status_add_bad(service, bad->version, (uint64_t)bad->serial);
        }
}

HostStatus *status_of_services(const Agent *agent)
{
        HostStatus *status = host_status_new();
        g_autoptr(GPtrArray) names = service_record_names(agent->conf->state_directory, NULL);
        for (guint i = 0; names && i < names->len; i++) {
                g_autoptr(ServiceRecord) record =
                        service_record_load(agent->conf->state_directory, names->pdata[i], NULL, NULL);
                if (record)
                        fill_from_record(host_status_service(status, names->pdata[i]), record);
        }
        service_states_fill(agent->states, status);
        return status;
}

static void fill_from_domains(HostStatus *status, const GPtrArray *domains)
{
        for (guint i = 0; i < status->services->len; i++) {
                ServiceStatus *service = status->services->pdata[i];
                const VirtDomain *domain = domains_find(domains, service->name, service->current);
                if (domain) {
                        text_set(&service->version, domain->version);
                        service->since = domain->started_at;
                        service->state = SERVICE_RUNNING;
                } else if (service->state == SERVICE_UNKNOWN) {
                        service->state = SERVICE_FAILED;
                }
        }
}

HostStatus *status_without_agent(Agent *agent)
{
        g_autofree char *path = paths_report(agent->conf->state_directory);
        HostStatus *status = status_of_services(agent);
        g_autoptr(GPtrArray) domains = agent_domains(agent, NULL);
        if (domains)
                fill_from_domains(status, domains);
        g_autoptr(json_t) report = record_read(path, NULL);
        status->host = g_strdup(agent->conf->host);
        status->key = g_strdup(agent->host_key);
        status->last_pass = report ? pass_report_from_json(report, NULL) : NULL;
        return status;
}
