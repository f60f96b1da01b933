/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The time limit of a whole file, and calls that another thread ends. */
#include "errors.h"
#include "remote_fixture.h"

enum { LIMIT_MS = 600 };

static Remote *open_limited(GCancellable *cancel)
{
        const RemoteOptions options = {
                .stall_timeout_ms = PATIENT_MS,
                .read_timeout_ms = cancel ? PATIENT_MS : LIMIT_MS,
                .retries = RETRIES,
                .cancel = cancel,
        };
        g_autofree char *url = g_strconcat(server_url, "/depot/", NULL);
        return remote_open(url, &options, NULL);
}

/* Returns: the elapsed time. */
static gint64 assert_is_given_up(Remote *remote, const char *why)
{
        gint64 begin_us = g_get_monotonic_time();
        g_autoptr(GError) error = NULL;
        g_assert_null(remote_read(remote, "data", DATA_BYTES, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_TRY_AGAIN));
        assert_names(error, why);
        return (g_get_monotonic_time() - begin_us) / 1000;
}

static void a_file_that_drips_is_given_up_in_time_and_not_tried_again(void)
{
        behave("* drip=0.1");
        g_autoptr(Remote) remote = open_limited(NULL);
        gint64 took_ms = assert_is_given_up(remote, "not read within 0.6");
        g_assert_cmpint(took_ms, >=, LIMIT_MS);
        g_assert_cmpint(took_ms, <, PATIENT_MS / 2);
        g_assert_cmpuint(remote_stats(remote).requests, ==, 1);
}

static void a_wait_that_is_longer_than_the_time_left_is_not_begun(void)
{
        behave("* status=503 retry-after=30");
        g_autoptr(Remote) remote = open_limited(NULL);
        g_assert_cmpint(assert_is_given_up(remote, "503"), <, PATIENT_MS / 2);
        assert_requests(1);
}

static void a_file_that_comes_fast_enough_gets_more_time(void)
{
        behave("* rate=150000"); /* two seconds */
        g_autoptr(Remote) remote = open_limited(NULL);
        assert_data_is_read(remote);
        assert_requests(1);
}

static void *cancel_soon(void *cancel)
{
        g_usleep(200000);
        g_cancellable_cancel(cancel);
        return NULL;
}

static void another_thread_can_end_a_call(void)
{
        behave("* hang=10");
        g_autoptr(GCancellable) cancel = g_cancellable_new();
        g_autoptr(Remote) remote = open_limited(cancel);
        GThread *thread = g_thread_new("cancel", cancel_soon, cancel);
        gint64 took_ms = assert_is_given_up(remote, "cancelled");
        g_thread_join(thread);
        g_assert_cmpint(took_ms, >=, 200);
        g_assert_cmpint(took_ms, <, PATIENT_MS / 2);
        assert_is_given_up(remote, "cancelled");
}

#define ADD(test) g_test_add_func("/remote/" #test, test)

static void add_tests(void)
{
        ADD(a_file_that_drips_is_given_up_in_time_and_not_tried_again);
        ADD(a_wait_that_is_longer_than_the_time_left_is_not_begun);
        ADD(a_file_that_comes_fast_enough_gets_more_time);
        ADD(another_thread_can_end_a_call);
}

int main(int argc, char **argv)
{
        return run_tests(argc, argv, add_tests);
}
