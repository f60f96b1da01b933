/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "errors.h"
#include "units.h"

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

/* --- the exit code */

static void add_code(int *code, int other)
{
        if (*code == EXIT_CODE_DONE)
                *code = other;
        else if (*code != other)
                *code = EXIT_CODE_FAILED;
}

static void add_error(int *code, const GError *error)
{
        if (error)
                add_code(code, error_exit_code(error));
}

static int failure_code(const Report *report)
{
        int code = EXIT_CODE_DONE;
        add_error(&code, report->error);
        add_error(&code, report->packages_error);
        for (guint i = 0; report->targets && i < report->targets->targets->len; i++)
                add_error(&code, ((const ServiceTarget *)report->targets->targets->pdata[i])->why_not);
        for (guint i = 0; report->plan && i < report->plan->problems->len; i++)
                if (((const Problem *)report->plan->problems->pdata[i])->blocks)
                        add_code(&code, EXIT_CODE_FAILED);
        for (guint i = 0; report->outcomes && i < report->outcomes->len; i++) {
                const Outcome *outcome = report->outcomes->pdata[i];
                if (!outcome->may_fail)
                        add_error(&code, outcome->error);
        }
        if (report->packages.refused && report->packages.refused->len)
                add_code(&code, EXIT_CODE_FAILED);
        return code;
}

static bool is_held_back(const Report *report)
{
        return report->orders && report->orders->why_not && !report->orders->may_install;
}

int report_exit_code(const Report *report)
{
        int code = failure_code(report);
        /* What an expired list holds back is not what went wrong. */
        if (code != EXIT_CODE_DONE && !report->error && is_held_back(report))
                return EXIT_CODE_UNTRUSTED;
        if (code != EXIT_CODE_DONE || !report->orders)
                return code;
        if (report->orders->refused->len || is_held_back(report))
                return EXIT_CODE_UNTRUSTED;
        return report->orders->reached ? EXIT_CODE_DONE : EXIT_CODE_TRY_AGAIN;
}

static bool has_any(const GPtrArray *array)
{
        return array && array->len > 0;
}

bool report_has_news(const Report *report)
{
        return has_any(report->outcomes) || has_any(report->packages.installed) ||
               has_any(report->packages.upgraded) || has_any(report->packages.removed) ||
               (report->orders && report->orders->changed);
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

static void add_targetes(GPtrArray *lines, const Targets *targets)
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
        add_targetes(lines, report->targets);
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

/* --- as JSON */

static json_t *texts_to_json(const GPtrArray *texts)
{
        json_t *all = json_array();
        for (guint i = 0; texts && i < texts->len; i++)
                json_array_append_new(all, json_string(texts->pdata[i]));
        return all;
}

static json_t *outcome_to_json(const Outcome *outcome)
{
        static const char *const results[] = {"done", "failed", "left out"};
        g_autofree char *console = outcome->console ? g_utf8_make_valid(outcome->console, -1) : NULL;
        return json_pack("{s:s, s:s, s:s?, s:s?, s:b, s:s, s:s?, s:s?, s:f, s:f, s:I, s:I}", "step",
                         step_name(outcome->kind), "service", outcome->service, "version", outcome->version,
                         "from", outcome->from, "beside", outcome->beside, "result", results[outcome->result],
                         "error", outcome->error ? outcome->error->message : NULL, "console", console,
                         "seconds", outcome->seconds, "down_seconds", outcome->down_seconds, "bytes_fetched",
                         (json_int_t)outcome->bytes, "bytes_reused", (json_int_t)outcome->reused);
}

static json_t *outcomes_to_json(const GPtrArray *outcomes)
{
        json_t *all = json_array();
        for (guint i = 0; outcomes && i < outcomes->len; i++)
                json_array_append_new(all, outcome_to_json(outcomes->pdata[i]));
        return all;
}

static json_t *list_to_json(const Orders *orders)
{
        if (!orders || !orders->list)
                return json_null();
        g_autofree char *date = time_format(orders->list->date);
        g_autofree char *valid_until = time_format(orders->list->valid_until);
        return json_pack("{s:I, s:s, s:s, s:s?, s:b, s:s?}", "serial", (json_int_t)orders->list->serial,
                         "date", date, "valid_until", valid_until, "source", orders->source, "may_install",
                         orders->may_install, "why_not", orders->may_install ? NULL : orders->why_not);
}

json_t *report_to_json(const Report *report)
{
        g_autofree char *started = time_format(report->started);
        g_autoptr(GPtrArray) troubles = report_troubles(report, true);
        json_t *packages = json_pack(
                "{s:o, s:o, s:o, s:o}", "installed", texts_to_json(report->packages.installed), "upgraded",
                texts_to_json(report->packages.upgraded), "removed", texts_to_json(report->packages.removed),
                "refused", texts_to_json(report->packages.refused));
        return json_pack("{s:i, s:s, s:f, s:i, s:s?, s:o, s:o, s:o, s:o, s:o}", "format", 1, "started",
                         started, "seconds", report->seconds, "exit_code", report_exit_code(report), "error",
                         report->error ? report->error->message : NULL, "list", list_to_json(report->orders),
                         "refused", texts_to_json(report->orders ? report->orders->refused : NULL), "steps",
                         outcomes_to_json(report->outcomes), "packages", packages, "troubles",
                         texts_to_json(troubles));
}
