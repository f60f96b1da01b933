/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the control socket is asked. */
#include "daemon_private.h"

#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "manual.h"
#include "status.h"

static void answer_status(Daemon *daemon, const json_t *request, ControlClient *client)
{
        const Agent *agent = daemon->agent;
        bool busy = daemon_is_busy(daemon);
        g_autofree char *libvirt_trouble = daemon_libvirt_trouble();
        json_t *about = json_pack("{s:b, s:i, s:s, s:s, s:s, s:I, s:b, s:s?, s:s?, s:O}", "running", 1, "pid",
                                  (int)getpid(), "version", LAUTTA_VERSION, "host", agent->conf->host, "key",
                                  agent->host_key, "since", (json_int_t)daemon->started, "passing", busy,
                                  "configuration_trouble", daemon->conf_trouble, "libvirt_trouble",
                                  libvirt_trouble, "last_pass", daemon->last_report);
        json_object_set_new(about, "next_pass", busy ? json_null() : json_integer(daemon->next_pass));
        control_answer(client, json_pack("{s:b, s:o, s:o}", "ok", 1, "agent", about, "services",
                                         status_services(agent)));
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
