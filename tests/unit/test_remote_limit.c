/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limit of the bytes that a remote may receive, and the number of requests, known beforehand. */
#include "errors.h"
#include "remote_fixture.h"

static void assert_refused(Remote *remote, const GError *error, uint64_t received)
{
        g_assert_true(error_is(error, LAUTTA_ERROR_TRY_AGAIN));
        assert_names(error, "allowed");
        g_assert_cmpuint(remote_stats(remote).bytes_received, <=, received);
}

static void assert_limit_is_kept(Remote *remote)
{
        g_autoptr(GError) error = NULL, other_error = NULL;
        remote_set_limit(remote, DATA_BYTES - 1);
        g_assert_null(remote_read(remote, "data", DATA_BYTES, &error));
        assert_refused(remote, error, DATA_BYTES - 1);
        RemoteSink sink = {.data = catch_data};
        g_assert_false(remote_fetch(remote, &ranges[3], 1, &sink, &other_error));
        assert_refused(remote, other_error, DATA_BYTES - 1);
        remote_set_limit(remote, remote_stats(remote).bytes_received + DATA_BYTES);
        g_autoptr(GBytes) bytes = remote_read(remote, "data", DATA_BYTES, NULL);
        g_assert_nonnull(bytes);
        g_autoptr(GError) third_error = NULL;
        g_assert_null(remote_read(remote, "data", DATA_BYTES, &third_error)); /* all calls together */
        assert_refused(remote, third_error, remote_limit(remote) + DATA_BYTES / 2);
}

static void a_limit_is_kept_and_where_sizes_are_known_before_it_is_reached(void)
{
        behave("");
        g_autofree char *directory = in_workplace("depot");
        g_autoptr(Remote) local = open_location(directory);
        assert_limit_is_kept(local);
        g_autoptr(Remote) server = open_server(PATIENT_MS);
        assert_limit_is_kept(server);
}

static void what_has_no_size_stops_at_the_limit_and_is_not_tried_again(void)
{
        behave("*data chunked");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        g_autoptr(GError) error = NULL;
        remote_set_limit(remote, 1000);
        g_assert_null(remote_read(remote, "data", DATA_BYTES, &error));
        assert_refused(remote, error, 1000);
        assert_requests(1);
}

static void a_server_that_sends_more_than_asked_for_is_stopped_at_the_limit(void)
{
        behave("*data ranges=none");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        g_autoptr(GError) error = NULL;
        RemoteRange end = {"data", DATA_BYTES - 100, 100};
        RemoteSink sink = {.data = catch_data};
        remote_set_limit(remote, 1000);
        g_assert_false(remote_fetch(remote, &end, 1, &sink, &error));
        assert_refused(remote, error, 1000);
        assert_requests(1);
}

static void assert_count_is_true(Remote *remote, uint64_t count)
{
        g_assert_cmpuint(remote_requests_for(remote, ranges, G_N_ELEMENTS(ranges)), ==, count);
        assert_all_ranges_come(remote);
        g_assert_cmpuint(remote_stats(remote).requests, ==, count);
}

static void requests_are_counted_beforehand(void)
{
        behave("");
        g_autofree char *directory = in_workplace("depot");
        g_autoptr(Remote) local = open_location(directory);
        assert_count_is_true(local, 1);
        g_autoptr(Remote) server = open_server(PATIENT_MS);
        assert_count_is_true(server, G_N_ELEMENTS(ranges));
}

#define ADD(test) g_test_add_func("/remote/" #test, test)

static void add_tests(void)
{
        ADD(a_limit_is_kept_and_where_sizes_are_known_before_it_is_reached);
        ADD(what_has_no_size_stops_at_the_limit_and_is_not_tried_again);
        ADD(a_server_that_sends_more_than_asked_for_is_stopped_at_the_limit);
        ADD(requests_are_counted_beforehand);
}

int main(int argc, char **argv)
{
        return run_tests(argc, argv, add_tests);
}
