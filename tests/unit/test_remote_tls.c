/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Against nginx, and over TLS. */
#include <string.h>

#include "errors.h"
#include "remote_fixture.h"

static void nginx_is_read_plain(void)
{
        GSubprocess *nginx = NULL;
        g_autofree char *host = start_nginx(false, &nginx);
        g_autofree char *url = g_strconcat("HTTP://", host, "/depot//", NULL);
        g_autoptr(Remote) remote = open_location(url);
        assert_data_is_read(remote);
        assert_all_ranges_come(remote);
        g_autoptr(GError) error = lose_range(remote, &(RemoteRange){"data", DATA_BYTES - 1, 2}, NULL);
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        g_autoptr(GError) beyond = lose_range(remote, &(RemoteRange){"data", DATA_BYTES, 1}, NULL);
        g_assert_true(error_is(beyond, LAUTTA_ERROR_CORRUPT));
        stop(nginx);
}

static void nginx_with_tls_is_read_over_http2(void)
{
        GSubprocess *nginx = NULL;
        g_autofree char *host = start_nginx(true, &nginx);
        g_autofree char *url = g_strconcat("https://", host, "/depot", NULL);
        g_autoptr(Remote) remote = open_with(url, "tls.pem", PATIENT_MS);
        assert_data_is_read(remote);
        assert_all_ranges_come(remote);
        g_assert_cmpuint(remote_stats(remote).requests, ==, 5);

        g_setenv("https_proxy", server_url, true);
        g_autoptr(Remote) tunnelled = open_with(url, "tls.pem", PATIENT_MS);
        behave("");
        assert_all_ranges_come(tunnelled);
        g_unsetenv("https_proxy");
        g_clear_pointer(&tunnelled, remote_free);
        stop(nginx);

        g_autofree char *log = read_log("nginx/access.log");
        g_assert_cmpuint(count_in(log, "GET /depot/data HTTP/2.0"), ==, 9);
        g_autofree char *proxy_line = g_strconcat("CONNECT ", host, NULL);
        assert_requests(1);
        g_autofree char *proxy_log = read_log("log");
        g_assert_nonnull(strstr(proxy_log, proxy_line));
}

/* Several transfers share a tunnel: when it falls silent, each must leave it. */
static void a_tunnel_that_fails_is_left(void)
{
        static const char *const events[] = {"status=503",  "hang=0",      "hang=20000",
                                             "hang=400000", "close=20000", "close=400000"};
        GSubprocess *nginx = NULL;
        g_autofree char *host = start_nginx(true, &nginx);
        g_autofree char *url = g_strconcat("https://", host, "/depot", NULL);
        g_setenv("https_proxy", server_url, true);
        for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
                g_autofree char *rules = g_strconcat(host, " times=1 ", events[i], NULL);
                behave(rules);
                g_autoptr(Remote) remote = open_with(url, "tls.pem", STALL_MS);
                assert_all_ranges_come(remote);
                assert_all_ranges_come(remote);
        }
        behave("* status=404");
        g_autoptr(Remote) remote = open_with(url, "tls.pem", STALL_MS);
        g_autoptr(GError) error = NULL;
        g_assert_null(remote_read(remote, "data", DATA_BYTES, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_SYSTEM));
        assert_names(error, "the proxy answers 404");
        g_unsetenv("https_proxy");
        stop(nginx);
}

static void a_certificate_that_is_not_trusted_is_final(void)
{
        GSubprocess *nginx = NULL;
        g_autofree char *host = start_nginx(true, &nginx);
        g_autofree char *by_address = g_strconcat("https://", host, "/depot", NULL);
        g_autofree char *by_name = g_strconcat("https://localhost", strchr(host, ':'), "/depot", NULL);
        Remote *remotes[] = {open_with(by_address, "foreign.pem", PATIENT_MS),
                             open_with(by_address, "absent", PATIENT_MS),
                             open_with(by_name, "tls.pem", PATIENT_MS), open_location(by_address)};
        for (size_t i = 0; i < G_N_ELEMENTS(remotes); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(remote_read(remotes[i], "data", DATA_BYTES, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_SYSTEM));
                assert_names(error, "/depot/data: ");
                g_assert_cmpuint(remote_stats(remotes[i]).requests, ==, 0);
                g_clear_pointer(&remotes[i], remote_free);
        }
        stop(nginx);
}

static void tls_is_not_left_by_a_redirect(void)
{
        GSubprocess *server = NULL;
        g_autofree char *rules = in_workplace("rules"), *log = in_workplace("log");
        g_autofree char *certificate = in_workplace("tls.pem"), *key = in_workplace("tls.key");
        const char *options[] = {"--rules", rules, "--log", log, "--tls", certificate, key, NULL};
        g_autofree char *url = start_server(options, &server);
        g_autofree char *depot = g_strconcat(url, "/depot", NULL);
        g_autofree char *rule = g_strconcat("* redirect=", server_url, "/depot/data", NULL);
        behave(rule);
        g_autoptr(Remote) remote = open_with(depot, "tls.pem", PATIENT_MS);
        g_autoptr(GError) error = NULL;
        g_assert_null(remote_read(remote, "data", DATA_BYTES, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_SYSTEM));
        assert_requests(1);
        behave("* close=100000 times=2");
        assert_all_ranges_come(remote);
        stop(server);
}

#define ADD(test) g_test_add_func("/remote/" #test, test)

static void add_tests(void)
{
        ADD(nginx_is_read_plain);
        ADD(nginx_with_tls_is_read_over_http2);
        ADD(a_tunnel_that_fails_is_left);
        ADD(a_certificate_that_is_not_trusted_is_final);
        ADD(tls_is_not_left_by_a_redirect);
}

int main(int argc, char **argv)
{
        return run_tests(argc, argv, add_tests);
}
