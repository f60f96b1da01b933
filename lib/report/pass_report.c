/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pass_report.h"

#include "json_read.h"

static const char *const results[] = {"done", "failed", "left out", NULL};

static void step_free(void *data)
{
        ReportStep *step = data;
        g_free(step->step);
        g_free(step->service);
        g_free(step->version);
        g_free(step->from);
        g_free(step->error);
        g_free(step->console);
        g_free(step);
}

static void list_free(ReportList *list)
{
        g_free(list->source);
        g_free(list->why_not);
        g_free(list);
}

PassReport *pass_report_new(void)
{
        PassReport *report = g_new0(PassReport, 1);
        GPtrArray **const texts[] = {
                &report->refused,           &report->troubles,         &report->packages_installed,
                &report->packages_upgraded, &report->packages_removed, &report->packages_refused};
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
                *texts[i] = g_ptr_array_new_with_free_func(g_free);
        report->steps = g_ptr_array_new_with_free_func(step_free);
        return report;
}

void pass_report_free(PassReport *report)
{
        if (!report)
                return;
        g_free(report->error);
        g_clear_pointer(&report->list, list_free);
        g_ptr_array_unref(report->refused);
        g_ptr_array_unref(report->steps);
        g_ptr_array_unref(report->troubles);
        g_ptr_array_unref(report->packages_installed);
        g_ptr_array_unref(report->packages_upgraded);
        g_ptr_array_unref(report->packages_removed);
        g_ptr_array_unref(report->packages_refused);
        g_free(report);
}

ReportStep *pass_report_add_step(PassReport *report, const char *step, const char *service)
{
        ReportStep *added = g_new0(ReportStep, 1);
        added->step = g_strdup(step);
        added->service = g_strdup(service);
        g_ptr_array_add(report->steps, added);
        return added;
}

int pass_report_exit_code(const PassReport *report)
{
        return report->verdict.failed ? error_exit_code_of(report->verdict.code) : EXIT_CODE_DONE;
}

/* --- writing */

static const char *code_name(const Verdict *verdict)
{
        return verdict->failed ? error_name(verdict->code) : NULL;
}

static json_t *step_to_json(const ReportStep *step)
{
        g_autofree char *console = step->console ? g_utf8_make_valid(step->console, -1) : NULL;
        return json_pack("{s:s, s:s, s:s?, s:s?, s:b, s:s, s:s?, s:s?, s:s?, s:f, s:f, s:I, s:I}", "step",
                         step->step, "service", step->service, "version", step->version, "from", step->from,
                         "beside", (int)step->beside, "result", results[step->result], "code",
                         code_name(&step->verdict), "error", step->error, "console", console, "seconds",
                         step->seconds, "down_seconds", step->down_seconds, "bytes_fetched",
                         (json_int_t)step->bytes_fetched, "bytes_reused", (json_int_t)step->bytes_reused);
}

static json_t *steps_to_json(const GPtrArray *steps)
{
        json_t *all = json_array();
        for (guint i = 0; i < steps->len; i++)
                json_array_append_new(all, step_to_json(steps->pdata[i]));
        return all;
}

static json_t *list_to_json(const ReportList *list)
{
        if (!list)
                return json_null();
        return json_pack("{s:I, s:o, s:o, s:s?, s:b, s:s?}", "serial", (json_int_t)list->serial, "date",
                         json_of_time(list->date), "valid_until", json_of_time(list->valid_until), "source",
                         list->source, "may_install", (int)list->may_install, "why_not", list->why_not);
}

static json_t *packages_to_json(const PassReport *report)
{
        return json_pack("{s:o, s:o, s:o, s:o}", "installed", json_of_texts(report->packages_installed),
                         "upgraded", json_of_texts(report->packages_upgraded), "removed",
                         json_of_texts(report->packages_removed), "refused",
                         json_of_texts(report->packages_refused));
}

json_t *pass_report_to_json(const PassReport *report)
{
        return json_pack("{s:i, s:o, s:f, s:i, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o}", "format",
                         PASS_REPORT_FORMAT, "started", json_of_time(report->started), "seconds",
                         report->seconds, "exit_code", pass_report_exit_code(report), "code",
                         code_name(&report->verdict), "error", report->error, "list",
                         list_to_json(report->list), "refused", json_of_texts(report->refused), "steps",
                         steps_to_json(report->steps), "packages", packages_to_json(report), "troubles",
                         json_of_texts(report->troubles));
}

/* --- reading */

static bool read_verdict(const json_t *object, Verdict *verdict, GError **error)
{
        g_autofree char *name = NULL;
        if (!json_read_text(object, "code", JSON_OPTIONAL, &name, error))
                return false;
        verdict->failed = name != NULL;
        /* An unknown code of a newer agent still says that something failed. */
        if (name && !error_from_name(name, &verdict->code))
                verdict->code = LAUTTA_ERROR_SYSTEM;
        return true;
}

/* Format 1 has exit codes alone, which several error codes share. */
static bool read_old_verdict(const json_t *object, Verdict *verdict, GError **error)
{
        uint64_t exit_code = 0;
        if (!json_read_count(object, "exit_code", JSON_REQUIRED, &exit_code, error))
                return false;
        verdict->failed = exit_code != EXIT_CODE_DONE;
        verdict->code = exit_code == EXIT_CODE_USAGE       ? LAUTTA_ERROR_USAGE
                        : exit_code == EXIT_CODE_UNTRUSTED ? LAUTTA_ERROR_UNTRUSTED
                        : exit_code == EXIT_CODE_NOT_FOUND ? LAUTTA_ERROR_NOT_FOUND
                        : exit_code == EXIT_CODE_TRY_AGAIN ? LAUTTA_ERROR_TRY_AGAIN
                                                           : LAUTTA_ERROR_SYSTEM;
        return true;
}

static bool read_step(const json_t *object, ReportStep *step, GError **error)
{
        unsigned result = 0;
        if (!json_read_text(object, "step", JSON_REQUIRED, &step->step, error) ||
            !json_read_text(object, "service", JSON_REQUIRED, &step->service, error) ||
            !json_read_text(object, "version", JSON_OPTIONAL, &step->version, error) ||
            !json_read_text(object, "from", JSON_OPTIONAL, &step->from, error) ||
            !json_read_flag(object, "beside", JSON_OPTIONAL, &step->beside, error) ||
            !json_read_word(object, "result", JSON_REQUIRED, results, &result, error) ||
            !read_verdict(object, &step->verdict, error) ||
            !json_read_text(object, "error", JSON_OPTIONAL, &step->error, error) ||
            !json_read_text(object, "console", JSON_OPTIONAL, &step->console, error) ||
            !json_read_number(object, "seconds", JSON_OPTIONAL, &step->seconds, error) ||
            !json_read_number(object, "down_seconds", JSON_OPTIONAL, &step->down_seconds, error) ||
            !json_read_count(object, "bytes_fetched", JSON_OPTIONAL, &step->bytes_fetched, error) ||
            !json_read_count(object, "bytes_reused", JSON_OPTIONAL, &step->bytes_reused, error))
                return false;
        step->result = (StepResult)result;
        return true;
}

static bool read_steps(const json_t *object, PassReport *report, GError **error)
{
        size_t i = 0;
        const json_t *steps = NULL, *one = NULL;
        if (!json_read_array(object, "steps", &steps, error))
                return false;
        json_array_foreach (steps, i, one) {
                ReportStep *step = pass_report_add_step(report, NULL, NULL);
                if (!read_step(one, step, error)) {
                        g_prefix_error(error, "steps[%zu]: ", i);
                        return false;
                }
        }
        return true;
}

static bool read_list(const json_t *object, PassReport *report, GError **error)
{
        const json_t *given = NULL;
        if (!json_read_object(object, "list", &given, error))
                return false;
        if (!given)
                return true;
        ReportList *list = report->list = g_new0(ReportList, 1);
        if (json_read_count(given, "serial", JSON_REQUIRED, &list->serial, error) &&
            json_read_time(given, "date", JSON_REQUIRED, &list->date, error) &&
            json_read_time(given, "valid_until", JSON_REQUIRED, &list->valid_until, error) &&
            json_read_text(given, "source", JSON_OPTIONAL, &list->source, error) &&
            json_read_flag(given, "may_install", JSON_REQUIRED, &list->may_install, error) &&
            json_read_text(given, "why_not", JSON_OPTIONAL, &list->why_not, error))
                return true;
        g_prefix_error(error, "list: ");
        return false;
}

static bool read_packages(const json_t *object, PassReport *report, GError **error)
{
        const json_t *packages = NULL;
        return json_read_object(object, "packages", &packages, error) &&
               json_read_texts(packages, "installed", JSON_OPTIONAL, report->packages_installed, error) &&
               json_read_texts(packages, "upgraded", JSON_OPTIONAL, report->packages_upgraded, error) &&
               json_read_texts(packages, "removed", JSON_OPTIONAL, report->packages_removed, error) &&
               json_read_texts(packages, "refused", JSON_OPTIONAL, report->packages_refused, error);
}

static bool read_members(const json_t *object, PassReport *report, GError **error)
{
        uint64_t format = 0;
        if (!json_read_count(object, "format", JSON_REQUIRED, &format, error))
                return false;
        if (format > PASS_REPORT_FORMAT)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "it has format %" G_GUINT64_FORMAT
                            ", and this program reads up to %d: install a newer one",
                            format, PASS_REPORT_FORMAT);
        return (format == 1 ? read_old_verdict : read_verdict)(object, &report->verdict, error) &&
               json_read_time(object, "started", JSON_REQUIRED, &report->started, error) &&
               json_read_number(object, "seconds", JSON_OPTIONAL, &report->seconds, error) &&
               json_read_text(object, "error", JSON_OPTIONAL, &report->error, error) &&
               read_list(object, report, error) &&
               json_read_texts(object, "refused", JSON_OPTIONAL, report->refused, error) &&
               read_steps(object, report, error) && read_packages(object, report, error) &&
               json_read_texts(object, "troubles", JSON_OPTIONAL, report->troubles, error);
}

PassReport *pass_report_from_json(const json_t *object, GError **error)
{
        g_autoptr(PassReport) report = pass_report_new();
        if (read_members(object, report, error))
                return g_steal_pointer(&report);
        g_prefix_error(error, "the report of a pass: ");
        return NULL;
}
