/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status.h"

#include <string.h>

#include "paths.h"
#include "service_record.h"

/* What the record alone says; the members of ServiceStates come over it. */
static json_t *record_to_json(const ServiceRecord *record)
{
        const char *state = record->halted ? "halted" : record->stopped ? "stopped" : "unknown";
        return json_pack("{s:s?, s:s, s:s, s:n, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:o, s:I, s:b}",
                         "version", record->current, "state", state, "health", "unknown", "since", "address",
                         record->address, "error", record->error, "current", record->current, "previous",
                         record->previous, "candidate", record->candidate, "settings", record->settings,
                         "bad", service_record_bad_to_json(record), "restarts",
                         (json_int_t)record->restarts->len, "listed", record->listed);
}

json_t *status_services(const Agent *agent)
{
        json_t *services = json_object();
        g_autoptr(json_t) states = service_states_to_json(agent->states);
        g_autoptr(GPtrArray) names = service_record_names(agent->conf->state_directory, NULL);
        for (guint i = 0; names && i < names->len; i++) {
                g_autoptr(ServiceRecord) record =
                        service_record_load(agent->conf->state_directory, names->pdata[i], NULL, NULL);
                if (record)
                        json_object_set_new(services, names->pdata[i], record_to_json(record));
        }
        const char *name = NULL;
        json_t *known = NULL;
        json_object_foreach (states, name, known) {
                json_t *service = json_object_get(services, name);
                if (service)
                        json_object_update(service, known);
                else
                        json_object_set(services, name, known);
        }
        return services;
}

static void add_domains(const Agent *agent, json_t *services, const GPtrArray *domains)
{
        const char *name = NULL;
        json_t *service = NULL;
        json_object_foreach (services, name, service) {
                const char *current = json_string_value(json_object_get(service, "current"));
                const VirtDomain *domain = domains_find(domains, name, current);
                const char *state = json_string_value(json_object_get(service, "state"));
                if (domain) {
                        json_object_set_new(service, "version", json_string(domain->version));
                        json_object_set_new(service, "since", json_integer(domain->started_at));
                        json_object_set_new(service, "state", json_string("running"));
                } else if (strcmp(state, "unknown") == 0) {
                        json_object_set_new(service, "state", json_string("failed"));
                }
        }
}

json_t *status_without_agent(Agent *agent, GError **error)
{
        g_autofree char *path = paths_report(agent->conf->state_directory);
        json_t *services = status_services(agent);
        g_autoptr(GPtrArray) domains = agent_domains(agent, NULL);
        if (domains)
                add_domains(agent, services, domains);
        json_t *report = record_read(path, NULL);
        json_t *about = json_pack("{s:b, s:s, s:s, s:o}", "running", 0, "host", agent->conf->host, "key",
                                  agent->host_key, "last_pass", report ? report : json_null());
        return json_pack("{s:b, s:o, s:o}", "ok", 1, "agent", about, "services", services);
}
