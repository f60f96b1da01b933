/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include "errors.h"

static Report *make_report(bool reached)
{
        Report *report = report_new();
        report->orders = g_new0(Orders, 1);
        report->orders->refused = g_ptr_array_new_with_free_func(g_free);
        report->orders->silent = g_ptr_array_new_with_free_func(g_free);
        report->orders->reached = reached;
        report->orders->may_install = true;
        report->plan = plan_new();
        report->outcomes = g_ptr_array_new_with_free_func((GDestroyNotify)outcome_free);
        return report;
}

static void add_failure(Report *report, LauttaErrorCode code, bool may_fail)
{
        Outcome *outcome = g_new0(Outcome, 1);
        outcome->kind = STEP_START;
        outcome->service = g_strdup("web");
        outcome->result = OUTCOME_FAILED;
        outcome->may_fail = may_fail;
        outcome->error = g_error_new(LAUTTA_ERROR, (int)code, "trouble");
        g_ptr_array_add(report->outcomes, outcome);
}

static void a_pass_that_brought_all_about_is_done(void)
{
        g_autoptr(Report) report = make_report(true);
        g_assert_cmpint(report_exit_code(report), ==, 0);
        add_failure(report, LAUTTA_ERROR_SYSTEM, true);
        g_assert_cmpint(report_exit_code(report), ==, 0);
}

static void failures_of_one_kind_have_its_code_and_of_several_kinds_1(void)
{
        g_autoptr(Report) report = make_report(true);
        add_failure(report, LAUTTA_ERROR_UNTRUSTED, false);
        g_assert_cmpint(report_exit_code(report), ==, 3);
        add_failure(report, LAUTTA_ERROR_CORRUPT, false);
        g_assert_cmpint(report_exit_code(report), ==, 3);
        add_failure(report, LAUTTA_ERROR_TRY_AGAIN, false);
        g_assert_cmpint(report_exit_code(report), ==, 1);
}

static void a_refused_list_is_3_and_silence_75(void)
{
        g_autoptr(Report) silent = make_report(false);
        g_assert_cmpint(report_exit_code(silent), ==, 75);
        g_autoptr(Report) refused = make_report(true);
        g_ptr_array_add(refused->orders->refused, g_strdup("a list of another host"));
        g_assert_cmpint(report_exit_code(refused), ==, 3);
        add_failure(refused, LAUTTA_ERROR_SYSTEM, false);
        g_assert_cmpint(report_exit_code(refused), ==, 1);
}

static void what_an_expired_list_holds_back_is_3(void)
{
        g_autoptr(Report) report = make_report(true);
        report->orders->may_install = false;
        report->orders->why_not = g_strdup("the list expired");
        add_failure(report, LAUTTA_ERROR_SYSTEM, false);
        g_assert_cmpint(report_exit_code(report), ==, 3);
        g_autoptr(GPtrArray) lines = report_troubles(report, true);
        g_assert_cmpuint(lines->len, ==, 2);
}

static void a_report_becomes_json_whatever_is_absent(void)
{
        g_autoptr(Report) report = report_new();
        report->error = g_error_new(LAUTTA_ERROR, LAUTTA_ERROR_TRY_AGAIN, "libvirt is away");
        g_autoptr(json_t) object = report_to_json(report);
        g_assert_cmpint(json_integer_value(json_object_get(object, "exit_code")), ==, 75);
        g_assert_true(json_is_null(json_object_get(object, "list")));
        g_assert_cmpuint(json_array_size(json_object_get(object, "troubles")), ==, 1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/report/a_pass_that_brought_all_about_is_done",
                        a_pass_that_brought_all_about_is_done);
        g_test_add_func("/report/failures_of_one_kind_have_its_code_and_of_several_kinds_1",
                        failures_of_one_kind_have_its_code_and_of_several_kinds_1);
        g_test_add_func("/report/a_refused_list_is_3_and_silence_75", a_refused_list_is_3_and_silence_75);
        g_test_add_func("/report/what_an_expired_list_holds_back_is_3", what_an_expired_list_holds_back_is_3);
        g_test_add_func("/report/a_report_becomes_json_whatever_is_absent",
                        a_report_becomes_json_whatever_is_absent);
        return g_test_run();
}
