/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "errors.h"
#include "text.h"

Report *report_new(void)
{
        Report *report = g_new0(Report, 1);
        report->started = g_get_real_time() / G_USEC_PER_SEC;
        report->notes = g_ptr_array_new_with_free_func(g_free);
        return report;
}

void report_free(Report *report)
{
        if (!report)
                return;
        orders_free(report->orders);
        targets_free(report->targets);
        plan_free(report->plan);
        g_clear_pointer(&report->outcomes, g_ptr_array_unref);
        g_ptr_array_unref(report->notes);
        apt_result_clear(&report->packages);
        g_clear_error(&report->packages_error);
        g_clear_error(&report->error);
        g_free(report);
}

/* --- the verdict */

static void add_code(Verdict *verdict, LauttaErrorCode code)
{
        if (!verdict->failed)
                *verdict = (Verdict){true, code};
        else if (error_exit_code_of(verdict->code) != error_exit_code_of(code))
                verdict->code = LAUTTA_ERROR_SYSTEM;
}

static void add_error(Verdict *verdict, const GError *error)
{
        if (error)
                add_code(verdict, error_code(error));
}

static Verdict judge_failures(const Report *report)
{
        Verdict verdict = {false};
        add_error(&verdict, report->error);
        add_error(&verdict, report->packages_error);
        for (guint i = 0; report->targets && i < report->targets->targets->len; i++)
                add_error(&verdict, ((const ServiceTarget *)report->targets->targets->pdata[i])->why_not);
        for (guint i = 0; report->plan && i < report->plan->problems->len; i++)
                if (((const Problem *)report->plan->problems->pdata[i])->blocks)
                        add_code(&verdict, LAUTTA_ERROR_CONFLICT);
        for (guint i = 0; report->outcomes && i < report->outcomes->len; i++) {
                const Outcome *outcome = report->outcomes->pdata[i];
                if (!outcome->may_fail)
                        add_error(&verdict, outcome->error);
        }
        if (report->packages.refused && report->packages.refused->len)
                add_code(&verdict, LAUTTA_ERROR_CONFLICT);
        return verdict;
}

static bool is_held_back(const Report *report)
{
        return report->orders && report->orders->why_not && !report->orders->may_install;
}

Verdict report_verdict(const Report *report)
{
        Verdict failures = judge_failures(report);
        /* An expired list that holds things back explains all other failures. */
        if (failures.failed && !report->error && is_held_back(report))
                return (Verdict){true, LAUTTA_ERROR_UNTRUSTED};
        if (failures.failed || !report->orders)
                return failures;
        if (report->orders->refused->len || is_held_back(report))
                return (Verdict){true, LAUTTA_ERROR_UNTRUSTED};
        return report->orders->reached ? failures : (Verdict){true, LAUTTA_ERROR_TRY_AGAIN};
}

int report_exit_code(const Report *report)
{
        Verdict verdict = report_verdict(report);
        return verdict.failed ? error_exit_code_of(verdict.code) : EXIT_CODE_DONE;
}

/* --- for people */

static void add_line(GPtrArray *lines, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add_line(GPtrArray *lines, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        g_ptr_array_add(lines, g_strdup_vprintf(format, args));
        va_end(args);
}

static void add_texts(GPtrArray *lines, const char *prefix, const GPtrArray *texts)
{
        for (guint i = 0; texts && i < texts->len; i++)
                add_line(lines, "%s%s", prefix, (const char *)texts->pdata[i]);
}

static void add_targets(GPtrArray *lines, const Targets *targets)
{
        for (guint i = 0; targets && i < targets->targets->len; i++) {
                const ServiceTarget *target = targets->targets->pdata[i];
                if (target->why_not)
                        add_line(lines, "%s %s: %s", target->service, target->version,
                                 target->why_not->message);
        }
}

static void add_problems(GPtrArray *lines, const Plan *plan)
{
        for (guint i = 0; plan && i < plan->problems->len; i++) {
                const Problem *problem = plan->problems->pdata[i];
                add_line(lines, "%s: %s", problem->service, problem->message);
        }
}

static void add_outcomes(GPtrArray *lines, const GPtrArray *outcomes)
{
        for (guint i = 0; outcomes && i < outcomes->len; i++) {
                const Outcome *outcome = outcomes->pdata[i];
                if (outcome->error)
                        add_line(lines, "%s %s%s%s: %s", step_name(outcome->kind), outcome->service,
                                 outcome->version ? " " : "", outcome->version ? outcome->version : "",
                                 outcome->error->message);
        }
}

GPtrArray *report_troubles(const Report *report, bool with_steps)
{
        GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
        if (report->orders)
                add_texts(lines, "refused: ", report->orders->refused);
        if (report->orders && !report->orders->reached)
                add_line(lines, "no source of lists answered%s",
                         report->orders->list ? "; the list before stays in force" : "");
        if (report->orders && (!report->orders->reached || !report->orders->list))
                add_texts(lines, "", report->orders->silent);
        if (report->orders && !report->orders->may_install && report->orders->why_not)
                add_line(lines, "%s", report->orders->why_not);
        add_texts(lines, "", report->notes);
        add_texts(lines, "", report->targets ? report->targets->notes : NULL);
        add_targets(lines, report->targets);
        add_problems(lines, report->plan);
        if (with_steps)
                add_outcomes(lines, report->outcomes);
        add_texts(lines, "packages: ", report->packages.refused);
        if (report->packages_error)
                add_line(lines, "packages: %s", report->packages_error->message);
        if (report->error)
                add_line(lines, "%s", report->error->message);
        return lines;
}

/* --- for programs */

static void make_step(PassReport *made, const Outcome *outcome)
{
        ReportStep *step = pass_report_add_step(made, step_name(outcome->kind), outcome->service);
        text_set(&step->version, outcome->version);
        text_set(&step->from, outcome->from);
        text_set(&step->error, outcome->error ? outcome->error->message : NULL);
        text_set(&step->console, outcome->console);
        step->beside = outcome->beside;
        step->result = (StepResult)outcome->result;
        add_error(&step->verdict, outcome->error);
        step->seconds = outcome->seconds;
        step->down_seconds = outcome->down_seconds;
        step->bytes_fetched = outcome->bytes;
        step->bytes_reused = outcome->reused;
}

static ReportList *make_list(const Orders *orders)
{
        if (!orders || !orders->list)
                return NULL;
        ReportList *list = g_new0(ReportList, 1);
        list->serial = (uint64_t)orders->list->serial;
        list->date = orders->list->date;
        list->valid_until = orders->list->valid_until;
        list->source = g_strdup(orders->source);
        list->may_install = orders->may_install;
        list->why_not = g_strdup(orders->may_install ? NULL : orders->why_not);
        return list;
}

static void copy_texts(GPtrArray *into, const GPtrArray *texts)
{
        for (guint i = 0; texts && i < texts->len; i++)
                g_ptr_array_add(into, g_strdup(texts->pdata[i]));
}

PassReport *report_make(const Report *report)
{
        PassReport *made = pass_report_new();
        g_autoptr(GPtrArray) troubles = report_troubles(report, true);
        made->started = report->started;
        made->seconds = report->seconds;
        made->verdict = report_verdict(report);
        made->error = g_strdup(report->error ? report->error->message : NULL);
        made->list = make_list(report->orders);
        copy_texts(made->refused, report->orders ? report->orders->refused : NULL);
        for (guint i = 0; report->outcomes && i < report->outcomes->len; i++)
                make_step(made, report->outcomes->pdata[i]);
        copy_texts(made->packages_installed, report->packages.installed);
        copy_texts(made->packages_upgraded, report->packages.upgraded);
        copy_texts(made->packages_removed, report->packages.removed);
        copy_texts(made->packages_refused, report->packages.refused);
        copy_texts(made->troubles, troubles);
        return made;
}

json_t *report_to_json(const Report *report)
{
        g_autoptr(PassReport) made = report_make(report);
        return pass_report_to_json(made);
}
