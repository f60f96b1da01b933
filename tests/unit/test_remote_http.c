/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Retries, resuming, slow sinks and proxies, against a server that misbehaves. */
#include <string.h>

#include "errors.h"
#include "remote_fixture.h"

static void an_honest_server_needs_one_request_each_and_few_connections(void)
{
        behave("");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        for (int i = 0; i < 5; i++) {
                assert_data_is_read(remote);
                assert_all_ranges_come(remote);
        }
        assert_requests(25);
        g_assert_cmpuint(remote_stats(remote).requests, ==, 25);
        g_assert_cmpuint(remote_stats(remote).bytes_received, ==, 5 * (2 * DATA_BYTES + 250000));
        g_autoptr(GHashTable) ports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autofree char *log = read_log("log");
        g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
        for (char **line = lines; **line; line++)
                g_hash_table_add(ports, g_strdup(strrchr(*line, ' ')));
        g_assert_cmpuint(g_hash_table_size(ports), <=, 4);
}

static void names_are_escaped_in_urls(void)
{
        behave("");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = remote_read(remote, "sub/a+b~1:2 %41#?.deb", 100, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(g_bytes_get_size(bytes), ==, 5);
        g_autoptr(GBytes) empty = remote_read(remote, "empty", 100, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(g_bytes_get_size(empty), ==, 0);
}

static bool catch_failed(void *user, size_t range, const GError *why, GError **error)
{
        Catch *catch = user;
        (void)error;
        g_assert_null(catch->why[range]);
        catch->why[range] = g_error_copy(why);
        return true;
}

static void assert_whole_range_comes(Remote *remote)
{
        Catch catch = {0};
        catch_begin(&catch);
        RemoteSink sink = {.data = catch_data, .user = &catch};
        g_assert_true(remote_fetch(remote, &ranges[3], 1, &sink, NULL));
        assert_is_range(catch.bytes[0], &ranges[3]);
        catch_end(&catch);
}

static void a_torn_range_goes_on_where_it_was(void)
{
        behave("* close=100000 times=2");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        assert_whole_range_comes(remote);
        assert_requests(3);
        g_assert_cmpuint(remote_stats(remote).bytes_received, ==, DATA_BYTES);
        g_autofree char *log = read_log("log");
        g_assert_nonnull(strstr(log, "bytes=100000-299999 206 100000 "));
        g_assert_nonnull(strstr(log, "bytes=200000-299999 206 100000 "));
}

static void progress_is_a_fresh_start_for_the_count_of_tries(void)
{
        behave("* close=20000");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        assert_whole_range_comes(remote);
        assert_requests(DATA_BYTES / 20000);

        behave("* close=20000");
        assert_data_is_read(remote);
        assert_requests(DATA_BYTES / 20000);

        behave("* close=20000 etag=none");
        g_autoptr(GError) error = NULL;
        g_assert_null(remote_read(remote, "data", DATA_BYTES, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_TRY_AGAIN));
        assert_requests(1 + RETRIES);
}

static void a_whole_file_that_changed_meanwhile_is_read_anew(void)
{
        behave("* file=depot/other close=20000 times=1");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        assert_data_is_read(remote);
        assert_requests(2);
        behave("* file=depot/other close=20000 times=1\n* ranges=careless");
        assert_data_is_read(remote);
        assert_requests(3);
        behave("* truncate=-10 etag=forged close=20000 times=1\n* ranges=careless etag=forged");
        assert_data_is_read(remote);
        assert_requests(3);
}

static void one_lost_range_leaves_the_others(void)
{
        behave("*other status=404");
        RemoteRange some[] = {ranges[1], {"other", 0, 1}, {"../x", 0, 1}, ranges[2]};
        g_autofree char *depot = in_workplace("depot");
        g_autofree char *other = g_build_filename(depot, "other", NULL);
        for (int is_local = 0; is_local < 2; is_local++) {
                g_autoptr(Remote) remote = is_local ? open_location(depot) : open_server(PATIENT_MS);
                some[1].path = is_local ? "absent" : "other";
                Catch catch = {0};
                catch_begin(&catch);
                g_autoptr(GError) error = NULL;
                RemoteSink sink = {.data = catch_data, .failed = catch_failed, .user = &catch};
                g_assert_true(remote_fetch(remote, some, 4, &sink, &error));
                g_assert_no_error(error);
                assert_is_range(catch.bytes[0], &some[0]);
                assert_is_range(catch.bytes[3], &some[3]);
                g_assert_true(error_is(catch.why[1], LAUTTA_ERROR_NOT_FOUND));
                g_assert_true(error_is(catch.why[2], LAUTTA_ERROR_CORRUPT));
                g_assert_true(!catch.why[0] && !catch.why[3]);
                catch_end(&catch);
        }
}

static bool refuse_loss(void *user, size_t range, const GError *why, GError **error)
{
        (void)user, (void)range;
        return fail(error, LAUTTA_ERROR_CONFLICT, "not without it: %s", why->message);
}

static void a_sink_can_stop_everything(void)
{
        g_autofree char *depot = in_workplace("depot");
        behave("*absent status=404");
        for (int is_local = 0; is_local < 2; is_local++) {
                g_autoptr(Remote) remote = is_local ? open_location(depot) : open_server(PATIENT_MS);
                Catch catch = {.stop_after = 1000};
                catch_begin(&catch);
                g_autoptr(GError) error = NULL;
                RemoteSink sink = {.data = catch_data, .failed = refuse_loss, .user = &catch};
                g_assert_false(remote_fetch(remote, ranges, 4, &sink, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_NO_SPACE));
                g_clear_error(&error);
                g_assert_false(remote_fetch(remote, &(RemoteRange){"absent", 0, 1}, 1, &sink, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
                catch_end(&catch);
                assert_all_ranges_come(remote);
        }
}

static void a_slow_sink_is_not_a_slow_server(void)
{
        behave("* rate=1000000");
        g_autoptr(Remote) remote = open_server(1000);
        Catch catch = {.block_ms = 3000};
        catch_begin(&catch);
        g_autoptr(GError) error = NULL;
        RemoteSink sink = {.data = catch_data, .user = &catch};
        g_assert_true(remote_fetch(remote, ranges, 4, &sink, &error));
        g_assert_no_error(error);
        for (size_t i = 0; i < 4; i++)
                assert_is_range(catch.bytes[i], &ranges[i]);
        catch_end(&catch);
        assert_requests(4);
}

static void retry_after_is_waited_for(void)
{
        behave("* status=503 retry-after=1 times=1");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        gint64 begin_us = g_get_monotonic_time();
        assert_data_is_read(remote);
        g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, G_USEC_PER_SEC);
        assert_requests(2);
}

static void a_server_that_is_not_there_may_come_back(void)
{
        g_autoptr(Remote) remote = open_location("http://127.0.0.1:1/depot");
        g_autoptr(GError) error = NULL;
        g_assert_null(remote_read(remote, "data", 10, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_TRY_AGAIN));
        assert_names(error, "http://127.0.0.1:1/depot/data: gave up after 4 tries");
}

static void a_proxy_from_the_environment_is_used(void)
{
        behave("");
        g_setenv("http_proxy", server_url, true);
        g_unsetenv("no_proxy");
        g_unsetenv("NO_PROXY");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        assert_data_is_read(remote);
        assert_all_ranges_come(remote);
        g_setenv("http_proxy", "http://127.0.0.1:1", true);
        g_autoptr(Remote) lost = open_server(PATIENT_MS);
        g_autoptr(GError) error = NULL;
        g_assert_null(remote_read(lost, "data", DATA_BYTES, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_TRY_AGAIN));
        g_unsetenv("http_proxy");
        assert_requests(10);
        g_autofree char *log = read_log("log");
        g_autofree char *line = g_strconcat("GET ", server_url, "/depot/data", NULL);
        g_assert_nonnull(strstr(log, line));
}

#define ADD(test) g_test_add_func("/remote/" #test, test)

static void add_tests(void)
{
        ADD(an_honest_server_needs_one_request_each_and_few_connections);
        ADD(names_are_escaped_in_urls);
        ADD(a_torn_range_goes_on_where_it_was);
        ADD(progress_is_a_fresh_start_for_the_count_of_tries);
        ADD(a_whole_file_that_changed_meanwhile_is_read_anew);
        ADD(one_lost_range_leaves_the_others);
        ADD(a_sink_can_stop_everything);
        ADD(a_slow_sink_is_not_a_slow_server);
        ADD(retry_after_is_waited_for);
        ADD(a_server_that_is_not_there_may_come_back);
        ADD(a_proxy_from_the_environment_is_used);
}

int main(int argc, char **argv)
{
        return run_tests(argc, argv, add_tests);
}
