/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host_status.h"

#include <string.h>

#include "json_read.h"

static const char *const states[] = {"stopped", "fetching", "starting", "running",
                                     "failed",  "halted",   "unknown",  NULL};
static const char *const healths[] = {"unknown", "healthy", "unhealthy", NULL};

const char *service_state_name(ServiceState state)
{
        return states[state];
}

const char *health_state_name(HealthState health)
{
        return healths[health];
}

static void bad_free(void *data)
{
        StatusBad *bad = data;
        g_free(bad->version);
        g_free(bad);
}

static void service_free(void *data)
{
        ServiceStatus *service = data;
        g_free(service->name);
        g_free(service->version);
        g_free(service->address);
        g_free(service->error);
        g_free(service->trouble);
        g_free(service->current);
        g_free(service->previous);
        g_free(service->candidate);
        g_free(service->settings);
        g_ptr_array_unref(service->bad);
        g_free(service->fetching);
        g_free(service->part);
        g_free(service);
}

HostStatus *host_status_new(void)
{
        HostStatus *status = g_new0(HostStatus, 1);
        status->services = g_ptr_array_new_with_free_func(service_free);
        return status;
}

void host_status_free(HostStatus *status)
{
        if (!status)
                return;
        g_free(status->program_version);
        g_free(status->host);
        g_free(status->key);
        g_free(status->configuration_trouble);
        g_free(status->libvirt_trouble);
        pass_report_free(status->last_pass);
        g_ptr_array_unref(status->services);
        g_free(status);
}

ServiceStatus *host_status_service(HostStatus *status, const char *name)
{
        for (guint i = 0; i < status->services->len; i++) {
                ServiceStatus *service = status->services->pdata[i];
                if (strcmp(service->name, name) == 0)
                        return service;
        }
        ServiceStatus *added = g_new0(ServiceStatus, 1);
        added->name = g_strdup(name);
        added->state = SERVICE_UNKNOWN;
        added->bad = g_ptr_array_new_with_free_func(bad_free);
        g_ptr_array_add(status->services, added);
        return added;
}

void service_status_add_bad(ServiceStatus *service, const char *version, uint64_t serial)
{
        StatusBad *bad = g_new0(StatusBad, 1);
        bad->version = g_strdup(version);
        bad->serial = serial;
        g_ptr_array_add(service->bad, bad);
}

/* --- writing */

static json_t *bad_to_json(const GPtrArray *bad)
{
        json_t *all = json_array();
        for (guint i = 0; i < bad->len; i++) {
                const StatusBad *one = bad->pdata[i];
                json_array_append_new(all, json_pack("{s:s, s:I}", "version", one->version, "serial",
                                                     (json_int_t)one->serial));
        }
        return all;
}

static json_t *service_to_json(const ServiceStatus *s)
{
        json_t *object = json_pack(
                "{s:s?, s:s, s:s, s:o, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:o, s:I, s:b}", "version",
                s->version, "state", states[s->state], "health", healths[s->health], "since",
                json_of_time_or_null(s->since), "address", s->address, "error", s->error, "current",
                s->current, "previous", s->previous, "candidate", s->candidate, "settings", s->settings,
                "bad", bad_to_json(s->bad), "restarts", (json_int_t)s->restarts, "listed", (int)s->listed);
        if (object && s->trouble)
                json_object_set_new(object, "trouble", json_string(s->trouble));
        if (object && s->fetching)
                json_object_set_new(object, "fetching",
                                    json_pack("{s:s, s:s?, s:I, s:I}", "version", s->fetching, "part",
                                              s->part, "bytes_done", (json_int_t)s->fetched_bytes,
                                              "bytes_total", (json_int_t)s->fetch_bytes));
        return object;
}

json_t *host_status_to_json(const HostStatus *status)
{
        json_t *services = json_object();
        for (guint i = 0; i < status->services->len; i++) {
                const ServiceStatus *service = status->services->pdata[i];
                json_object_set_new(services, service->name, service_to_json(service));
        }
        json_t *agent = json_pack("{s:b, s:I, s:s?, s:s?, s:s?, s:o, s:o, s:b, s:s?, s:s?, s:o}", "running",
                                  (int)status->running, "pid", (json_int_t)status->pid, "version",
                                  status->program_version, "host", status->host, "key", status->key, "since",
                                  json_of_time_or_null(status->since), "next_pass",
                                  json_of_time_or_null(status->next_pass), "passing", (int)status->passing,
                                  "configuration_trouble", status->configuration_trouble, "libvirt_trouble",
                                  status->libvirt_trouble, "last_pass",
                                  status->last_pass ? pass_report_to_json(status->last_pass) : json_null());
        return json_pack("{s:i, s:o, s:o}", "format", HOST_STATUS_FORMAT, "agent", agent, "services",
                         services);
}

/* --- reading */

static bool read_bad(const json_t *object, ServiceStatus *service, GError **error)
{
        size_t i = 0;
        const json_t *all = NULL, *one = NULL;
        if (!json_read_array(object, "bad", &all, error))
                return false;
        json_array_foreach (all, i, one) {
                g_autofree char *version = NULL;
                uint64_t serial = 0;
                if (!json_read_text(one, "version", JSON_REQUIRED, &version, error) ||
                    !json_read_count(one, "serial", JSON_OPTIONAL, &serial, error))
                        return false;
                service_status_add_bad(service, version, serial);
        }
        return true;
}

static bool read_fetching(const json_t *object, ServiceStatus *service, GError **error)
{
        const json_t *fetching = NULL;
        if (!json_read_object(object, "fetching", &fetching, error))
                return false;
        return !fetching ||
               (json_read_text(fetching, "version", JSON_REQUIRED, &service->fetching, error) &&
                json_read_text(fetching, "part", JSON_OPTIONAL, &service->part, error) &&
                json_read_count(fetching, "bytes_done", JSON_OPTIONAL, &service->fetched_bytes, error) &&
                json_read_count(fetching, "bytes_total", JSON_OPTIONAL, &service->fetch_bytes, error));
}

static bool read_service(const json_t *object, ServiceStatus *s, GError **error)
{
        unsigned state = SERVICE_UNKNOWN, health = HEALTH_STATE_UNKNOWN;
        if (!json_read_text(object, "version", JSON_OPTIONAL, &s->version, error) ||
            !json_read_word(object, "state", JSON_REQUIRED, states, &state, error) ||
            !json_read_word(object, "health", JSON_OPTIONAL, healths, &health, error) ||
            !json_read_time(object, "since", JSON_OPTIONAL, &s->since, error) ||
            !json_read_text(object, "address", JSON_OPTIONAL, &s->address, error) ||
            !json_read_text(object, "error", JSON_OPTIONAL, &s->error, error) ||
            !json_read_text(object, "trouble", JSON_OPTIONAL, &s->trouble, error) ||
            !json_read_text(object, "current", JSON_OPTIONAL, &s->current, error) ||
            !json_read_text(object, "previous", JSON_OPTIONAL, &s->previous, error) ||
            !json_read_text(object, "candidate", JSON_OPTIONAL, &s->candidate, error) ||
            !json_read_text(object, "settings", JSON_OPTIONAL, &s->settings, error) ||
            !json_read_count(object, "restarts", JSON_OPTIONAL, &s->restarts, error) ||
            !json_read_flag(object, "listed", JSON_OPTIONAL, &s->listed, error) ||
            !read_bad(object, s, error) || !read_fetching(object, s, error))
                return false;
        s->state = (ServiceState)state;
        s->health = (HealthState)health;
        return true;
}

static bool read_services(const json_t *object, HostStatus *status, GError **error)
{
        const json_t *services = NULL;
        const char *name = NULL;
        json_t *one = NULL;
        if (!json_read_object(object, "services", &services, error))
                return false;
        if (json_object_size(services) > HOST_STATUS_SERVICES_MAX)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it has more than %d services",
                            HOST_STATUS_SERVICES_MAX);
        json_object_foreach ((json_t *)services, name, one)
                if (!read_service(one, host_status_service(status, name), error)) {
                        g_prefix_error(error, "services['%s']: ", name);
                        return false;
                }
        return true;
}

static bool read_agent(const json_t *object, HostStatus *status, GError **error)
{
        const json_t *agent = NULL, *last_pass = NULL;
        if (!json_read_object(object, "agent", &agent, error) ||
            !json_read_flag(agent, "running", JSON_REQUIRED, &status->running, error) ||
            !json_read_count(agent, "pid", JSON_OPTIONAL, &status->pid, error) ||
            !json_read_text(agent, "version", JSON_OPTIONAL, &status->program_version, error) ||
            !json_read_text(agent, "host", JSON_REQUIRED, &status->host, error) ||
            !json_read_text(agent, "key", JSON_OPTIONAL, &status->key, error) ||
            !json_read_time(agent, "since", JSON_OPTIONAL, &status->since, error) ||
            !json_read_time(agent, "next_pass", JSON_OPTIONAL, &status->next_pass, error) ||
            !json_read_flag(agent, "passing", JSON_OPTIONAL, &status->passing, error) ||
            !json_read_text(agent, "configuration_trouble", JSON_OPTIONAL, &status->configuration_trouble,
                            error) ||
            !json_read_text(agent, "libvirt_trouble", JSON_OPTIONAL, &status->libvirt_trouble, error) ||
            !json_read_object(agent, "last_pass", &last_pass, error))
                return false;
        status->last_pass = last_pass ? pass_report_from_json(last_pass, error) : NULL;
        return status->last_pass || !last_pass;
}

/* Agents before format 2 wrote no format. */
static bool check_format(const json_t *object, GError **error)
{
        uint64_t format = 1;
        if (!json_read_count(object, "format", JSON_OPTIONAL, &format, error))
                return false;
        if (format < HOST_STATUS_FORMAT)
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "the agent that runs is older than this program: restart it with 'systemctl restart lautta-agent'");
        return format == HOST_STATUS_FORMAT ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "the agent that runs is newer than this program: use the program of its version");
}

HostStatus *host_status_from_json(const json_t *object, GError **error)
{
        g_autoptr(HostStatus) status = host_status_new();
        if (check_format(object, error) && read_agent(object, status, error) &&
            read_services(object, status, error))
                return g_steal_pointer(&status);
        g_prefix_error(error, "cannot read the status of the host: ");
        return NULL;
}
