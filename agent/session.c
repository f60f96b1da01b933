/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session.h"

#include <unistd.h>

#include "command.h"
#include "control.h"
#include "errors.h"
#include "pass.h"
#include "paths.h"
#include "tell.h"

enum { ASK_TIMEOUT_S = 10 };

void session_clear(Session *session)
{
        agent_free(session->agent);
        agent_conf_free(session->conf);
        g_free(session->run_directory);
        g_clear_error(&session->bad_conf);
        if (session->lock >= 0)
                close(session->lock);
}

bool session_open(Session *session, GError **error)
{
        session->conf = command_conf(error);
        if (!session->conf)
                return false;
        session->run_directory = g_strdup(session->conf->run_directory);
        session->agent = agent_new(session->conf, error);
        if (!session->agent)
                return false;
        session->agent->tell = tell;
        return true;
}

json_t *session_ask(const Session *session, json_t *request, unsigned timeout_s, GError **error)
{
        g_autofree char *path = paths_socket(session->run_directory);
        return control_ask(path, request, timeout_s, error);
}

static bool has_agent(const Session *session)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(json_t) request = json_pack("{s:s}", "command", "status");
        g_autoptr(json_t) answer = session_ask(session, request, ASK_TIMEOUT_S, &why);
        return answer || !error_is(why, LAUTTA_ERROR_NOT_FOUND);
}

bool session_open_to_ask(Session *session, GError **error)
{
        g_autoptr(GError) why = NULL;
        if (session_open(session, &why))
                return true;
        if (!session->conf && error_is(why, LAUTTA_ERROR_USAGE)) {
                session->run_directory = command_run_directory();
                if (has_agent(session)) {
                        session->bad_conf = g_steal_pointer(&why);
                        return true;
                }
        }
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

char *session_conf_trouble(const Session *session)
{
        return session->bad_conf
                       ? g_strdup_printf(
                                 "the configuration is bad, and the agent goes on with the previous one: %s",
                                 session->bad_conf->message)
                       : NULL;
}

PassReport *session_ask_pass(const Session *session, json_t *request, GError **error)
{
        g_autoptr(json_t) answer = session_ask(session, request, 0, error);
        g_autofree char *trouble = session_conf_trouble(session);
        AgentEvent event = {.level = EVENT_WARNING, .message = trouble};
        if (answer && trouble)
                tell(NULL, &event);
        return answer ? pass_report_from_json(json_object_get(answer, "report"), error) : NULL;
}

bool session_lock(Session *session, bool *running, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autofree char *path = paths_socket(session->run_directory);
        *running = session->bad_conf != NULL;
        if (*running)
                return true;
        session->lock = pass_lock(session->conf, &why);
        if (session->lock >= 0)
                return true;
        *running = error_is(why, LAUTTA_ERROR_CONFLICT) && g_file_test(path, G_FILE_TEST_EXISTS);
        if (*running)
                return true;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

bool session_judge(const PassReport *report, GError **error)
{
        const Verdict *verdict = &report->verdict;
        const GPtrArray *troubles = report->troubles;
        if (!verdict->failed)
                return true;
        if (troubles->len == 0)
                return fail(error, verdict->code,
                            "this host does not match its list: see 'lautta-agent status'");
        if (troubles->len == 1)
                return fail(error, verdict->code, "this host does not match its list: %s",
                            (const char *)troubles->pdata[0]);
        return fail(error, verdict->code, "this host does not match its list: %s (and %u more, see above)",
                    (const char *)troubles->pdata[0], troubles->len - 1);
}

bool session_arguments(char **arguments, int count, int min, int max, GError **error)
{
        if (count > max)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is one argument too many; see --help",
                            arguments[max]);
        return count >= min || fail(error, LAUTTA_ERROR_USAGE, "name a service; see --help");
}
