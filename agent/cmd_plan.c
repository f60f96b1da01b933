/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "command.h"
#include "errors.h"
#include "output.h"
#include "pass.h"
#include "session.h"
#include "units.h"

static json_t *step_to_json(const Step *step)
{
        return json_pack("{s:s, s:s, s:s?, s:s?, s:b, s:I, s:s?}", "step", step_name(step->kind), "service",
                         step->service, "version", step->version, "from", step->from, "beside",
                         (int)step->beside, "bytes", (json_int_t)step->bytes, "why", step->why);
}

static json_t *plan_to_json(const Report *report)
{
        json_t *steps = json_array(), *problems = json_array();
        for (guint i = 0; report->plan && i < report->plan->steps->len; i++)
                json_array_append_new(steps, step_to_json(report->plan->steps->pdata[i]));
        for (guint i = 0; report->plan && i < report->plan->problems->len; i++) {
                const Problem *problem = report->plan->problems->pdata[i];
                json_array_append_new(problems,
                                      json_pack("{s:s, s:s, s:b}", "service", problem->service, "message",
                                                problem->message, "blocks", (int)problem->blocks));
        }
        json_t *object = report_to_json(report);
        json_object_del(object, "seconds");
        json_object_set_new(object, "steps", steps);
        json_object_set_new(object, "problems", problems);
        return object;
}

static void print_step(const Step *step)
{
        g_autofree char *size = size_format(step->bytes);
        g_autofree char *what = g_strdup_printf("%s%s%s%s%s", step->service, step->version ? " " : "",
                                                step->version ? step->version : "",
                                                step->from ? " from " : "", step->from ? step->from : "");
        output_print("%-7s %-30s %10s  %s\n", step_name(step->kind), what, step->bytes ? size : "",
                     step->why ? step->why : "");
}

static void print_texts(const char *verb, const GPtrArray *texts)
{
        for (guint i = 0; texts && i < texts->len; i++)
                output_print("%-7s %s\n", verb, (const char *)texts->pdata[i]);
}

static void print_text(const Report *report)
{
        g_autoptr(GPtrArray) troubles = report_troubles(report, true);
        guint steps = report->plan ? report->plan->steps->len : 0;
        for (guint i = 0; i < steps; i++)
                print_step(report->plan->steps->pdata[i]);
        print_texts("install", report->packages.installed);
        print_texts("upgrade", report->packages.upgraded);
        print_texts("purge", report->packages.removed);
        for (guint i = 0; i < troubles->len; i++)
                output_print("! %s\n", (const char *)troubles->pdata[i]);
        if (steps == 0 && !report->error)
                puts("Services: nothing to do.");
}

static bool run(char **arguments, int count, GError **error)
{
        g_auto(Session) session = SESSION_INIT;
        if (!session_arguments(arguments, count, 0, 0, error) || !session_open(&session, error))
                return false;
        g_autoptr(Report) report = pass_plan(session.agent);
        if (!option_json)
                print_text(report);
        else if (!output_json(plan_to_json(report), error))
                return false;
        if (!report->error)
                return true;
        g_propagate_error(error, g_error_copy(report->error));
        return false;
}

const Command command_plan = {
        .name = "plan",
        .arguments = "[--config FILE]",
        .summary = "Show what a pass would do, and do nothing",
        .details =
                "The sizes are those of the bytes to fetch, less what is here already. If no depot answers, they are\n"
                "those of whole images, and the output says so.\n\n"
                "Example:\n  lautta-agent plan",
        .run = run,
};
