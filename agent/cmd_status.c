/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "errors.h"
#include "output.h"
#include "session.h"
#include "status.h"
#include "units.h"

enum { ASK_TIMEOUT_S = 10 };

static const char *or_dash(const char *text)
{
        return text ? text : "-";
}

static char *moment(int64_t unix_seconds)
{
        return unix_seconds ? time_format(unix_seconds) : g_strdup("-");
}

static void print_fetching(const ServiceStatus *service)
{
        uint64_t total_bytes = service->fetch_bytes, done_bytes = service->fetched_bytes;
        if (!service->fetching)
                return;
        g_autofree char *done = size_format(done_bytes);
        g_autofree char *total = size_format(total_bytes);
        output_print("  fetching %s: %s of %s (%d%%)\n", service->fetching, done, total,
                     total_bytes ? (int)(100.0 * (double)done_bytes / (double)total_bytes) : 0);
}

static void print_service(const ServiceStatus *service)
{
        g_autofree char *since = moment(service->since);
        output_print("%-20s %-14s %-9s %-10s %-20s %-15s %8" G_GUINT64_FORMAT "\n", service->name,
                     or_dash(service->version), service_state_name(service->state),
                     health_state_name(service->health), since, or_dash(service->address), service->restarts);
        print_fetching(service);
        if (service->error)
                output_print("  %s\n", service->error);
        if (service->trouble)
                output_print("  %s\n", service->trouble);
}

static int compare_names(const void *a, const void *b)
{
        return strcmp((*(const ServiceStatus *const *)a)->name, (*(const ServiceStatus *const *)b)->name);
}

static void print_services(GPtrArray *services)
{
        g_ptr_array_sort(services, compare_names);
        if (services->len == 0)
                puts("No service is here.");
        else
                output_print("%-20s %-14s %-9s %-10s %-20s %-15s %8s\n", "SERVICE", "VERSION", "STATE",
                             "HEALTH", "SINCE", "ADDRESS", "RESTARTS");
        for (guint i = 0; i < services->len; i++)
                print_service(services->pdata[i]);
}

static void print_list(const ReportList *list)
{
        if (!list) {
                puts("List: none was accepted yet");
                return;
        }
        g_autofree char *valid_until = time_format(list->valid_until);
        output_print("List: serial %" G_GUINT64_FORMAT ", valid until %s, from %s\n", list->serial,
                     valid_until, or_dash(list->source));
}

static void print_pass(const PassReport *pass)
{
        if (!pass) {
                puts("Last pass: none yet");
                return;
        }
        g_autofree char *started = time_format(pass->started);
        output_print("Last pass: %s, %.1f s, %s\n", started, pass->seconds,
                     pass->verdict.failed ? "with troubles" : "well");
        print_list(pass->list);
        for (guint i = 0; i < pass->troubles->len; i++)
                output_print("! %s\n", (const char *)pass->troubles->pdata[i]);
}

static void print_agent(const HostStatus *status)
{
        g_autofree char *next = moment(status->next_pass);
        if (!status->running)
                puts("No agent runs here: this is what it left.");
        else
                output_print("Agent: %s, next pass %s\n", status->passing ? "makes a pass" : "waits", next);
        if (status->configuration_trouble)
                output_print("! %s\n", status->configuration_trouble);
        if (status->libvirt_trouble)
                output_print("! %s\n", status->libvirt_trouble);
        print_pass(status->last_pass);
}

/* The configuration on disk may not be the one that the agent has read. */
static void add_conf_trouble(const Session *session, HostStatus *status)
{
        char *trouble = session_conf_trouble(session);
        if (trouble) {
                g_free(status->configuration_trouble);
                status->configuration_trouble = trouble;
        }
}

static HostStatus *get_status(const Session *session, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(json_t) request = json_pack("{s:s}", "command", "status");
        g_autoptr(json_t) answer = session_ask(session, request, ASK_TIMEOUT_S, &why);
        if (answer)
                return host_status_from_json(answer, error);
        if (session->agent && error_is(why, LAUTTA_ERROR_NOT_FOUND))
                return status_without_agent(session->agent);
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
}

static bool run(char **arguments, int count, GError **error)
{
        g_auto(Session) session = SESSION_INIT;
        if (!session_arguments(arguments, count, 0, 0, error) || !session_open_to_ask(&session, error))
                return false;
        g_autoptr(HostStatus) status = get_status(&session, error);
        if (!status)
                return false;
        if (status->running)
                add_conf_trouble(&session, status);
        if (option_json)
                return output_json(host_status_to_json(status), error);
        print_agent(status);
        print_services(status->services);
        return true;
}

const Command command_status = {
        .name = "status",
        .arguments = "[--config FILE]",
        .summary = "Show the state of the services of this host and of its agent",
        .details =
                "If no agent runs, the command says so and shows the records of the last one. A running agent answers even if the configuration has become bad, which is then reported.\n\n"
                "Example:\n  lautta-agent status --json",
        .run = run,
};
