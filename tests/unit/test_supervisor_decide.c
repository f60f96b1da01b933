/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervisor_decide.h"

#include <glib.h>

#include "restart_backoff.h"

static const int64_t down_us = 1000000;

static SupervisorAction decide(SupervisorSeen seen, int64_t now_us, int64_t *due_us)
{
        seen.down_us = down_us;
        return supervisor_decide(&seen, now_us, due_us);
}

static void a_service_of_a_pass_or_a_person_is_left_alone(void)
{
        int64_t due_us = 0;
        SupervisorSeen seen = {.is_ours = false, .backoff_ms = RESTART_BACKOFF_HALT};
        g_assert_cmpint(decide(seen, down_us, &due_us), ==, SUPERVISOR_FORGET);
}

static void a_service_that_came_down_too_often_is_halted_whatever_it_needs(void)
{
        int64_t due_us = 0;
        SupervisorSeen seen = {.is_ours = true, .needs_is_down = true, .backoff_ms = RESTART_BACKOFF_HALT};
        g_assert_cmpint(decide(seen, down_us, &due_us), ==, SUPERVISOR_HALT);
}

static void the_first_restart_is_at_once_and_later_ones_wait(void)
{
        int64_t due_us = 0;
        SupervisorSeen first = {.is_ours = true}, later = {.is_ours = true, .backoff_ms = 2000};
        g_assert_cmpint(decide(first, down_us, &due_us), ==, SUPERVISOR_RESTART);
        g_assert_cmpint(decide(later, down_us + 1999999, &due_us), ==, SUPERVISOR_WAIT);
        g_assert_cmpint(due_us, ==, down_us + 2000000);
        g_assert_cmpint(decide(later, down_us + 2000000, &due_us), ==, SUPERVISOR_RESTART);
}

static void a_service_waits_for_the_one_that_it_needs(void)
{
        int64_t due_us = 0;
        SupervisorSeen seen = {.is_ours = true, .needs_is_down = true, .backoff_ms = 2000};
        g_assert_cmpint(decide(seen, down_us + 5000000, &due_us), ==, SUPERVISOR_WAIT);
        g_assert_cmpint(due_us, >, down_us + 5000000);
        g_assert_cmpint(due_us, <=, down_us + 6000000);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/supervisor_decide/a_service_of_a_pass_or_a_person_is_left_alone",
                        a_service_of_a_pass_or_a_person_is_left_alone);
        g_test_add_func("/supervisor_decide/a_service_that_came_down_too_often_is_halted_whatever_it_needs",
                        a_service_that_came_down_too_often_is_halted_whatever_it_needs);
        g_test_add_func("/supervisor_decide/the_first_restart_is_at_once_and_later_ones_wait",
                        the_first_restart_is_at_once_and_later_ones_wait);
        g_test_add_func("/supervisor_decide/a_service_waits_for_the_one_that_it_needs",
                        a_service_waits_for_the_one_that_it_needs);
        return g_test_run();
}
