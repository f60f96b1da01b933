/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "errors.h"
#include "manual.h"
#include "output.h"
#include "pass.h"
#include "session.h"

/* Returns: owned report of the pass that starts it. */
static PassReport *start(Session *session, const char *service, GError **error)
{
        bool running = false;
        if (!session_lock(session, &running, error))
                return NULL;
        if (!running) {
                if (!manual_start(session->agent, service, error))
                        return NULL;
                g_autoptr(Report) report = pass_run(session->agent);
                return report_make(report);
        }
        g_autoptr(json_t) request =
                json_pack("{s:s, s:s, s:b}", "command", "start", "service", service, "wait", 1);
        return session_ask_pass(session, request, error);
}

static bool run(char **arguments, int count, GError **error)
{
        g_auto(Session) session = SESSION_INIT;
        if (!session_arguments(arguments, count, 1, 1, error) || !session_open_to_ask(&session, error))
                return false;
        g_autoptr(PassReport) report = start(&session, arguments[0], error);
        if (!report || (option_json && !output_json(pass_report_to_json(report), error)))
                return false;
        return session_judge(report, error);
}

const Command command_start = {
        .name = "start",
        .arguments = "SERVICE",
        .summary = "Try a service again that was halted, or whose version was marked bad",
        .details = "It makes a pass, and waits for its end.\n\n"
                   "Example:\n  lautta-agent start web",
        .run = run,
};
