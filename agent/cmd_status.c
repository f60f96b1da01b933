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

static const char *text(const json_t *object, const char *key)
{
        const char *value = json_string_value(json_object_get(object, key));
        return value ? value : "-";
}

static char *moment(const json_t *object, const char *key)
{
        const json_t *value = json_object_get(object, key);
        return json_is_integer(value) ? time_format(json_integer_value(value)) : g_strdup("-");
}

static void print_fetching(const json_t *service)
{
        const json_t *fetching = json_object_get(service, "fetching");
        if (!fetching)
                return;
        json_int_t done_bytes = json_integer_value(json_object_get(fetching, "bytes_done"));
        json_int_t total_bytes = json_integer_value(json_object_get(fetching, "bytes_total"));
        g_autofree char *done = size_format((uint64_t)done_bytes);
        g_autofree char *total = size_format((uint64_t)total_bytes);
        output_print("  %s %s: %s of %s (%d%%)\n", "fetching", text(fetching, "version"), done, total,
                     total_bytes ? (int)(100.0 * (double)done_bytes / (double)total_bytes) : 0);
}

static void print_service(const char *name, const json_t *service)
{
        g_autofree char *since = moment(service, "since");
        output_print("%-20s %-14s %-9s %-10s %-20s %-15s %8" JSON_INTEGER_FORMAT "\n", name,
                     text(service, "version"), text(service, "state"), text(service, "health"), since,
                     text(service, "address"), json_integer_value(json_object_get(service, "restarts")));
        print_fetching(service);
        if (json_is_string(json_object_get(service, "error")))
                output_print("  %s\n", text(service, "error"));
        if (json_is_string(json_object_get(service, "trouble")))
                output_print("  %s\n", text(service, "trouble"));
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_services(json_t *services)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const char *name = NULL;
        json_t *service = NULL;
        json_object_foreach (services, name, service)
                g_ptr_array_add(names, (char *)name);
        g_ptr_array_sort(names, compare_names);
        if (names->len == 0)
                puts("No service is here.");
        else
                output_print("%-20s %-14s %-9s %-10s %-20s %-15s %8s\n", "SERVICE", "VERSION", "STATE",
                             "HEALTH", "SINCE", "ADDRESS", "RESTARTS");
        for (guint i = 0; i < names->len; i++)
                print_service(names->pdata[i], json_object_get(services, names->pdata[i]));
}

static void print_list(const json_t *pass)
{
        const json_t *list = json_object_get(pass, "list");
        if (json_is_object(list))
                output_print("List: serial %" JSON_INTEGER_FORMAT ", valid until %s, from %s\n",
                             json_integer_value(json_object_get(list, "serial")), text(list, "valid_until"),
                             text(list, "source"));
        else
                puts("List: none was accepted yet");
}

static void print_agent(const json_t *agent)
{
        const json_t *pass = json_object_get(agent, "last_pass");
        const json_t *troubles = json_object_get(pass, "troubles");
        const json_t *trouble = NULL;
        size_t i = 0;
        g_autofree char *next = moment(agent, "next_pass");
        if (!json_is_true(json_object_get(agent, "running")))
                puts("No agent runs here: this is what it left.");
        else
                output_print("Agent: %s, next pass %s\n",
                             json_is_true(json_object_get(agent, "passing")) ? "makes a pass" : "waits",
                             next);
        if (json_is_string(json_object_get(agent, "configuration_trouble")))
                output_print("! %s\n", text(agent, "configuration_trouble"));
        if (json_is_string(json_object_get(agent, "libvirt_trouble")))
                output_print("! %s\n", text(agent, "libvirt_trouble"));
        if (!json_is_string(json_object_get(pass, "started"))) {
                puts("Last pass: none yet");
                return;
        }
        output_print("Last pass: %s, %.1f s, %s\n", text(pass, "started"),
                     json_number_value(json_object_get(pass, "seconds")),
                     json_integer_value(json_object_get(pass, "exit_code")) == 0 ? "well" : "with troubles");
        print_list(pass);
        json_array_foreach (troubles, i, trouble)
                output_print("! %s\n", json_string_value(trouble));
}

/* What is on disk now may not be what the agent has read. */
static void tell_conf_trouble(const Session *session, json_t *agent)
{
        g_autofree char *trouble = session_conf_trouble(session);
        if (trouble)
                json_object_set_new(agent, "configuration_trouble", json_string(trouble));
}

static json_t *get_status(const Session *session, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(json_t) request = json_pack("{s:s}", "command", "status");
        json_t *status = session_ask(session, request, ASK_TIMEOUT_S, &why);
        if (status) {
                tell_conf_trouble(session, json_object_get(status, "agent"));
                return status;
        }
        if (session->agent && error_is(why, LAUTTA_ERROR_NOT_FOUND))
                return status_without_agent(session->agent, error);
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
}

static bool run(char **arguments, int count, GError **error)
{
        g_auto(Session) session = SESSION_INIT;
        if (!session_arguments(arguments, count, 0, 0, error) || !session_open_to_ask(&session, error))
                return false;
        g_autoptr(json_t) status = get_status(&session, error);
        if (!status)
                return false;
        json_object_del(status, "ok");
        if (option_json)
                return output_json(json_incref(status), error);
        print_agent(json_object_get(status, "agent"));
        print_services(json_object_get(status, "services"));
        return true;
}

const Command command_status = {
        .name = "status",
        .arguments = "[--config FILE]",
        .summary = "Show the services of this host, and how its agent is",
        .details =
                "Where no agent runs, that is said, and the records it left are shown. Where one runs, a bad configuration is told, and that one answers all the same.\n\n"
                "Example:\n  lautta-agent status --json",
        .run = run,
};
