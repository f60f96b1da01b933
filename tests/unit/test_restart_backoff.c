/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "restart_backoff.h"

#include <glib.h>

static void each_wait_is_twice_the_one_before_up_to_five_minutes(void)
{
        const int64_t now = 1795345200;
        int64_t restarts[RESTART_BACKOFF_DOWNS_MAX];
        const int64_t expected[] = {0, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000};
        for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
                g_assert_cmpint(restart_backoff_ms(restarts, i, now, 1000), ==, expected[i]);
                restarts[i] = now - 60;
        }
        g_assert_cmpint(restart_backoff_ms(restarts, 8, now, 10000), ==, RESTART_BACKOFF_MAX_MS);
}

static void the_tenth_time_within_an_hour_halts(void)
{
        const int64_t now = 1795345200;
        int64_t restarts[32];
        for (size_t i = 0; i < G_N_ELEMENTS(restarts); i++)
                restarts[i] = now - RESTART_BACKOFF_WITHIN_S + 1;
        g_assert_cmpint(restart_backoff_ms(restarts, 8, now, 1000), >, 0);
        g_assert_cmpint(restart_backoff_ms(restarts, 9, now, 1000), ==, RESTART_BACKOFF_HALT);
        g_assert_cmpint(restart_backoff_ms(restarts, 32, now, 1000), ==, RESTART_BACKOFF_HALT);
}

static void stamps_longer_ago_or_in_the_future_do_not_count(void)
{
        const int64_t now = 1795345200;
        int64_t restarts[32];
        for (size_t i = 0; i < G_N_ELEMENTS(restarts); i++)
                restarts[i] = now - RESTART_BACKOFF_WITHIN_S;
        g_assert_cmpint(restart_backoff_ms(restarts, 32, now, 1000), ==, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(restarts); i++)
                restarts[i] = now + 1000000;
        g_assert_cmpint(restart_backoff_ms(restarts, 32, now, 1000), ==, 0);
        restarts[31] = now;
        g_assert_cmpint(restart_backoff_ms(restarts, 32, now, 1000), ==, 1000);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/restart_backoff/each_wait_is_twice_the_one_before_up_to_five_minutes",
                        each_wait_is_twice_the_one_before_up_to_five_minutes);
        g_test_add_func("/restart_backoff/the_tenth_time_within_an_hour_halts",
                        the_tenth_time_within_an_hour_halts);
        g_test_add_func("/restart_backoff/stamps_longer_ago_or_in_the_future_do_not_count",
                        stamps_longer_ago_or_in_the_future_do_not_count);
        return g_test_run();
}
