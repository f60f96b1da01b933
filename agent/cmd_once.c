/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "bar.h"
#include "command.h"
#include "errors.h"
#include "output.h"
#include "pass.h"
#include "session.h"

static void print_text(const PassReport *report)
{
        guint done = 0;
        for (guint i = 0; i < report->steps->len; i++)
                if (((const ReportStep *)report->steps->pdata[i])->result == STEP_RESULT_DONE)
                        done++;
        printf("%u of %u steps done in %.1f s\n", done, report->steps->len, report->seconds);
}

static PassReport *make_pass(Session *session, GError **error)
{
        bool running = false;
        if (!session_lock(session, &running, error))
                return NULL;
        if (!running) {
                session->agent->progress = bar();
                g_autoptr(Report) report = pass_run(session->agent);
                return report_make(report);
        }
        g_autoptr(json_t) request = json_pack("{s:s, s:b}", "command", "pass", "wait", 1);
        return session_ask_pass(session, request, error);
}

static bool run(char **arguments, int count, GError **error)
{
        g_auto(Session) session = SESSION_INIT;
        if (!session_arguments(arguments, count, 0, 0, error) || !session_open_to_ask(&session, error))
                return false;
        g_autoptr(PassReport) report = make_pass(&session, error);
        if (!report)
                return false;
        if (!option_json)
                print_text(report);
        else if (!output_json(pass_report_to_json(report), error))
                return false;
        return session_judge(report, error);
}

const Command command_once = {
        .name = "once",
        .arguments = "[--config FILE]",
        .summary = "Make one pass, and end",
        .details = "If an agent runs, it makes the pass, and this command waits for its end.\n\n"
                   "Example:\n  lautta-agent once",
        .run = run,
};
