/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands of the control socket. */
#include "daemon_private.h"

#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "manual.h"
#include "status.h"

static void answer_status(Daemon *daemon, const json_t *request, ControlClient *client)
{
        const Agent *agent = daemon->agent;
        g_autoptr(HostStatus) status = status_of_services(agent);
        status->running = true;
        status->pid = (uint64_t)getpid();
        status->program_version = g_strdup(LAUTTA_VERSION);
        status->host = g_strdup(agent->conf->host);
        status->key = g_strdup(agent->host_key);
        status->since = daemon->started;
        status->passing = daemon_is_busy(daemon);
        status->next_pass = status->passing ? 0 : daemon->next_pass;
        status->configuration_trouble = g_strdup(daemon->conf_trouble);
        status->libvirt_trouble = daemon_libvirt_trouble();
        status->last_pass = pass_report_from_json(daemon->last_report, NULL);
        json_t *answer = host_status_to_json(status);
        json_object_set_new(answer, "ok", json_true());
        control_answer(client, answer);
}

static void answer_pass(Daemon *daemon, const json_t *request, ControlClient *client)
{
        bool waits = json_is_true(json_object_get(request, "wait"));
        daemon_want_pass(daemon, waits ? client : NULL);
        if (!waits)
                control_answer(client, json_pack("{s:b}", "ok", 1));
}

typedef bool (*Operation)(Agent *agent, const char *service, GError **error);

static bool operate(Daemon *daemon, const json_t *request, ControlClient *client, Operation operation)
{
        const char *service = json_string_value(json_object_get(request, "service"));
        g_autoptr(GError) error = NULL;
        if (!operation(daemon->agent, service ? service : "", &error)) {
                control_answer_error(client, error);
                return false;
        }
        return true;
}

static void answer_start(Daemon *daemon, const json_t *request, ControlClient *client)
{
        if (operate(daemon, request, client, manual_start))
                answer_pass(daemon, request, client);
}

static void answer_purge(Daemon *daemon, const json_t *request, ControlClient *client)
{
        if (operate(daemon, request, client, manual_purge))
                control_answer(client, json_pack("{s:b}", "ok", 1));
}

void daemon_handle(void *user, const char *command, const json_t *request, ControlClient *client)
{
        static const struct {
                const char *name;
                void (*answer)(Daemon *daemon, const json_t *request, ControlClient *client);
        } commands[] = {
                {"status", answer_status},
                {"pass", answer_pass},
                {"start", answer_start},
                {"purge", answer_purge},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
                if (strcmp(commands[i].name, command) == 0) {
                        commands[i].answer(user, request, client);
                        return;
                }
        g_autoptr(GError) error =
                g_error_new(LAUTTA_ERROR, LAUTTA_ERROR_USAGE, "there is no command '%s'", command);
        control_answer_error(client, error);
}
