/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "bar.h"
#include "command.h"
#include "errors.h"
#include "output.h"
#include "pass.h"
#include "session.h"

static void print_text(const json_t *report)
{
        size_t done = 0, i = 0;
        const json_t *step = NULL;
        const json_t *steps = json_object_get(report, "steps");
        json_array_foreach (steps, i, step)
                if (g_strcmp0(json_string_value(json_object_get(step, "result")), "done") == 0)
                        done++;
        printf("%zu of %zu steps done in %.1f s\n", done, json_array_size(steps),
               json_real_value(json_object_get(report, "seconds")));
}

/* Returns: owned report. */
static json_t *make_pass(Session *session, GError **error)
{
        bool running = false;
        if (!session_lock(session, &running, error))
                return NULL;
        if (!running) {
                session->agent->progress = bar();
                g_autoptr(Report) report = pass_run(session->agent);
                return report_to_json(report);
        }
        g_autoptr(json_t) request = json_pack("{s:s, s:b}", "command", "pass", "wait", 1);
        return session_ask_pass(session, request, error);
}

static bool run(char **arguments, int count, GError **error)
{
        g_auto(Session) session = SESSION_INIT;
        if (!session_arguments(arguments, count, 0, 0, error) || !session_open_to_ask(&session, error))
                return false;
        g_autoptr(json_t) report = make_pass(&session, error);
        if (!report)
                return false;
        if (!option_json)
                print_text(report);
        else if (!output_json(json_incref(report), error))
                return false;
        return session_judge(report, error);
}

const Command command_once = {
        .name = "once",
        .arguments = "[--config FILE]",
        .summary = "Make one pass, and end",
        .details = "Where an agent runs, it makes the pass, and this command waits for its end.\n\n"
                   "Example:\n  lautta-agent once",
        .run = run,
};
