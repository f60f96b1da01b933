/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pass_report.h"

#include <string.h>

static PassReport *make_full(void)
{
        PassReport *report = pass_report_new();
        report->started = 1764547200;
        report->seconds = 2.5;
        report->verdict = (Verdict){true, LAUTTA_ERROR_NO_SPACE};
        report->error = g_strdup("no room");
        report->list = g_new0(ReportList, 1);
        report->list->serial = 7;
        report->list->date = 1764547100;
        report->list->valid_until = 1764633600;
        report->list->source = g_strdup("https://d.example.org");
        report->list->why_not = g_strdup("it expired");
        g_ptr_array_add(report->refused, g_strdup("a list of another host"));
        g_ptr_array_add(report->troubles, g_strdup("no \"room\"\n"));
        g_ptr_array_add(report->packages_installed, g_strdup("nginx"));
        g_ptr_array_add(report->packages_refused, g_strdup("sl"));
        ReportStep *step = pass_report_add_step(report, "update", "web");
        step->version = g_strdup("1.1");
        step->from = g_strdup("1.0");
        step->beside = true;
        step->result = STEP_RESULT_FAILED;
        step->verdict = (Verdict){true, LAUTTA_ERROR_NO_SPACE};
        step->error = g_strdup("disk is full");
        step->console = g_strdup("login:");
        step->seconds = 1.5;
        step->down_seconds = 0.25;
        step->bytes_fetched = 10;
        step->bytes_reused = 20;
        pass_report_add_step(report, "remove", "old")->result = STEP_RESULT_LEFT_OUT;
        return report;
}

static void a_report_is_read_back_as_it_was_written(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(PassReport) report = make_full();
        g_autoptr(json_t) object = pass_report_to_json(report);
        g_autoptr(PassReport) again = pass_report_from_json(object, &error);
        g_assert_no_error(error);
        g_autoptr(json_t) second = pass_report_to_json(again);
        g_assert_true(json_equal(object, second));
        const ReportStep *step = again->steps->pdata[0];
        g_assert_cmpint(again->started, ==, 1764547200);
        g_assert_cmpint(again->verdict.code, ==, LAUTTA_ERROR_NO_SPACE);
        g_assert_cmpuint(again->list->serial, ==, 7);
        g_assert_false(again->list->may_install);
        g_assert_cmpint(step->result, ==, STEP_RESULT_FAILED);
        g_assert_cmpint(step->verdict.code, ==, LAUTTA_ERROR_NO_SPACE);
        g_assert_cmpuint(step->bytes_reused, ==, 20);
        g_assert_cmpstr(again->packages_refused->pdata[0], ==, "sl");
}

static void words_and_times_stand_in_the_json(void)
{
        g_autoptr(PassReport) report = make_full();
        g_autoptr(json_t) object = pass_report_to_json(report);
        g_assert_cmpstr(json_string_value(json_object_get(object, "code")), ==, "no-space");
        g_assert_cmpstr(json_string_value(json_object_get(object, "started")), ==, "2025-12-01T00:00:00Z");
        g_assert_cmpint(json_integer_value(json_object_get(object, "exit_code")), ==, 1);
        report->verdict.failed = false;
        g_autoptr(json_t) good = pass_report_to_json(report);
        g_assert_true(json_is_null(json_object_get(good, "code")));
        g_assert_cmpint(json_integer_value(json_object_get(good, "exit_code")), ==, 0);
}

static void every_error_code_has_a_name_that_is_read_back(void)
{
        LauttaErrorCode code = LAUTTA_ERROR_USAGE;
        for (int i = LAUTTA_ERROR_USAGE; i <= LAUTTA_ERROR_SYSTEM; i++) {
                g_assert_true(error_from_name(error_name((LauttaErrorCode)i), &code));
                g_assert_cmpint(code, ==, i);
        }
        g_assert_false(error_from_name("SYSTEM", &code));
        g_assert_false(error_from_name(NULL, &code));
}

/* As the agent wrote it before error codes had names. */
static const char old[] =
        "{\"error\": null, \"exit_code\": 3, \"format\": 1, \"list\": {\"date\": \"2025-12-01T00:00:00Z\","
        " \"may_install\": true, \"serial\": 5, \"source\": \"/depot\","
        " \"valid_until\": \"2026-12-01T00:00:00Z\", \"why_not\": null},"
        " \"packages\": {\"installed\": [], \"refused\": [], \"removed\": [], \"upgraded\": []},"
        " \"refused\": [\"x\"], \"seconds\": 0.5, \"started\": \"2025-12-01T00:00:01Z\","
        " \"steps\": [{\"beside\": false, \"bytes_fetched\": 1, \"bytes_reused\": 2, \"console\": null,"
        " \"down_seconds\": 0.0, \"error\": null, \"from\": null, \"result\": \"done\", \"seconds\": 1.0,"
        " \"service\": \"web\", \"step\": \"start\", \"version\": \"1.0\"}], \"troubles\": [\"refused: x\"]}";

static void a_report_of_format_1_is_read(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) object = json_loads(old, 0, NULL);
        g_autoptr(PassReport) report = pass_report_from_json(object, &error);
        g_assert_no_error(error);
        g_assert_true(report->verdict.failed);
        g_assert_cmpint(report->verdict.code, ==, LAUTTA_ERROR_UNTRUSTED);
        g_assert_cmpint(pass_report_exit_code(report), ==, 3);
        g_assert_cmpuint(report->steps->len, ==, 1);
}

static void what_another_program_writes_wrongly_is_refused_by_its_member(void)
{
        static const struct {
                const char *text, *message;
        } bad[] = {
                {"[]", "the report of a pass: the member 'format' is missing"},
                {"{\"format\": 2}", "the report of a pass: the member 'started' is missing"},
                {"{\"format\": 2, \"started\": 1}",
                 "the report of a pass: the member 'started' is not a time like 2026-11-22T11:00:00Z"},
                {"{\"format\": 2, \"started\": \"2025-12-01T00:00:00Z\", \"list\": 3}",
                 "the report of a pass: the member 'list' is not an object"},
                {"{\"format\": 2, \"started\": \"2025-12-01T00:00:00Z\", \"list\": {\"serial\": -1}}",
                 "the report of a pass: list: the member 'serial' is not a whole number from 0 on"},
                {"{\"format\": 2, \"started\": \"2025-12-01T00:00:00Z\", \"troubles\": [1]}",
                 "the report of a pass: the member 'troubles' is not an array of texts"},
                {"{\"format\": 2, \"started\": \"2025-12-01T00:00:00Z\", \"steps\": [{\"step\": \"start\","
                 " \"service\": \"web\", \"result\": \"maybe\"}]}",
                 "the report of a pass: steps[0]: the member 'result' is not one of: done, failed, left out"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(json_t) object = json_loads(bad[i].text, 0, NULL);
                g_assert_null(pass_report_from_json(object, &error));
                g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT);
                g_assert_cmpstr(error->message, ==, bad[i].message);
        }
}

static void a_newer_format_is_refused_and_newer_members_are_passed_over(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(PassReport) report = make_full();
        g_autoptr(json_t) object = pass_report_to_json(report);
        json_object_set_new(object, "weather", json_string("rain"));
        json_object_set_new(object, "code", json_string("code-of-tomorrow"));
        g_autoptr(PassReport) again = pass_report_from_json(object, &error);
        g_assert_no_error(error);
        g_assert_true(again->verdict.failed);
        json_object_set_new(object, "format", json_integer(PASS_REPORT_FORMAT + 1));
        g_assert_null(pass_report_from_json(object, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_USAGE);
        g_assert_nonnull(strstr(error->message, "install a newer one"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/pass_report/" #name, name)
        ADD(a_report_is_read_back_as_it_was_written);
        ADD(words_and_times_stand_in_the_json);
        ADD(every_error_code_has_a_name_that_is_read_back);
        ADD(a_report_of_format_1_is_read);
        ADD(what_another_program_writes_wrongly_is_refused_by_its_member);
        ADD(a_newer_format_is_refused_and_newer_members_are_passed_over);
        return g_test_run();
}
