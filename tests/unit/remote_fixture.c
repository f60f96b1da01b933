/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote_fixture.h"

#include <signal.h>
#include <string.h>

#include "errors.h"
#include "files.h"

static char *workplace;
char *server_url;
GBytes *data;

char *in_workplace(const char *name)
{
        return g_build_filename(workplace, name, NULL);
}

void write_file(const char *name, const void *bytes, size_t size)
{
        g_autofree char *path = in_workplace(name);
        g_autofree char *directory = g_path_get_dirname(path);
        g_assert_true(directory_make(directory, 0755, NULL));
        g_assert_true(file_write_atomically(path, bytes, size, 0644, NULL));
}

/* --- the misbehaving server */

void behave(const char *rules)
{
        write_file("rules", rules, strlen(rules));
        write_file("log", "", 0);
}

char *read_log(const char *name)
{
        g_autofree char *path = in_workplace(name);
        char *text = NULL;
        g_file_get_contents(path, &text, NULL, NULL);
        return text ? text : g_strdup("");
}

unsigned count_in(const char *text, const char *part)
{
        unsigned count = 0;
        for (const char *at = text; (at = strstr(at, part)); at++)
                count++;
        return count;
}

/* The server logs a line after its answer: wait until there are `count` lines, and check that no more come. */
void assert_requests(unsigned count)
{
        gint64 until_us = g_get_monotonic_time() + DEADLINE_S * G_USEC_PER_SEC;
        unsigned found = 0;
        while (found < count && g_get_monotonic_time() < until_us) {
                g_autofree char *log = read_log("log");
                found = count_in(log, "\n");
                g_usleep(5000);
        }
        g_assert_cmpuint(found, ==, count);
}

/* --- fetching */

bool catch_data(void *user, size_t range, const uint8_t *bytes, size_t size, GError **error)
{
        Catch *catch = user;
        g_usleep(catch->block_ms * 1000UL);
        catch->block_ms = 0;
        g_byte_array_append(catch->bytes[range], bytes, (guint)size);
        if (catch->stop_after > 0 && catch->bytes[range]->len >= catch->stop_after)
                return fail(error, LAUTTA_ERROR_NO_SPACE, "full");
        return true;
}

void catch_begin(Catch *catch)
{
        for (size_t i = 0; i < G_N_ELEMENTS(catch->bytes); i++) {
                catch->bytes[i] = g_byte_array_new();
                catch->why[i] = NULL;
        }
}

void catch_end(Catch *catch)
{
        for (size_t i = 0; i < G_N_ELEMENTS(catch->bytes); i++) {
                g_clear_pointer(&catch->bytes[i], g_byte_array_unref);
                g_clear_error(&catch->why[i]);
        }
}

const RemoteRange ranges[] = {
        {"data", 0, 1}, {"data", 1, 99999}, {"data", 150000, 150000}, {"data", 0, DATA_BYTES}};

/* Check that `range` begins with `bytes`. */
static void assert_begins_range(const GByteArray *bytes, const RemoteRange *range)
{
        const uint8_t *expected = (const uint8_t *)g_bytes_get_data(data, NULL) + range->offset;
        g_assert_cmpuint(bytes->len, <=, range->length);
        g_assert_true(bytes->len == 0 || memcmp(bytes->data, expected, bytes->len) == 0);
}

void assert_is_range(const GByteArray *bytes, const RemoteRange *range)
{
        g_assert_cmpuint(bytes->len, ==, range->length);
        assert_begins_range(bytes, range);
}

void assert_all_ranges_come(Remote *remote)
{
        Catch catch = {0};
        catch_begin(&catch);
        g_autoptr(GError) error = NULL;
        bool ok = remote_fetch(remote, ranges, 4, &(RemoteSink){.data = catch_data, .user = &catch}, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
        for (size_t i = 0; i < 4; i++)
                assert_is_range(catch.bytes[i], &ranges[i]);
        catch_end(&catch);
}

void assert_data_is_read(Remote *remote)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = remote_read(remote, "data", DATA_BYTES, &error);
        g_assert_no_error(error);
        g_assert_true(g_bytes_equal(bytes, data));
}

Remote *open_with(const char *location, const char *ca_name, unsigned stall_ms)
{
        g_autofree char *ca_file = ca_name ? in_workplace(ca_name) : NULL;
        RemoteOptions options = {.connect_timeout_ms = 5 * stall_ms,
                                 .stall_timeout_ms = stall_ms,
                                 .retries = RETRIES,
                                 .ca_file = ca_file};
        g_autoptr(GError) error = NULL;
        Remote *remote = remote_open(location, &options, &error);
        g_assert_no_error(error);
        return remote;
}

Remote *open_location(const char *location)
{
        return open_with(location, NULL, PATIENT_MS);
}

Remote *open_server(unsigned stall_ms)
{
        g_autofree char *url = g_strconcat(server_url, "/depot/", NULL);
        return open_with(url, NULL, stall_ms);
}

/* Fetch one range that must fail. Returns: the error. */
GError *lose_range(Remote *remote, const RemoteRange *range, size_t *received)
{
        Catch catch = {0};
        catch_begin(&catch);
        GError *error = NULL;
        g_assert_false(
                remote_fetch(remote, range, 1, &(RemoteSink){.data = catch_data, .user = &catch}, &error));
        if (received)
                *received = catch.bytes[0]->len;
        assert_begins_range(catch.bytes[0], range);
        catch_end(&catch);
        return error;
}

void assert_names(const GError *error, const char *text)
{
        g_test_message("%s", error->message);
        if (!strstr(error->message, text))
                g_error("'%s' does not name '%s'", error->message, text);
}

/* --- servers */

static GSubprocess *spawn(const char *const *argv, GSubprocessFlags flags)
{
        g_autoptr(GError) error = NULL;
        GSubprocess *process = g_subprocess_newv(argv, flags, &error);
        g_assert_no_error(error);
        return process;
}

void stop(GSubprocess *process)
{
        g_subprocess_send_signal(process, SIGTERM);
        g_subprocess_wait(process, NULL, NULL);
        g_object_unref(process);
}

static char *source_path(const char *name)
{
        const char *cases = g_getenv("CASES");
        return g_build_filename(cases ? cases : "tests/cases", "..", "..", name, NULL);
}

/* Make a self-signed certificate for localhost, as NAME.pem and NAME.key. */
static void make_certificate(const char *name)
{
        g_autofree char *base = in_workplace(name);
        g_autofree char *key = g_strconcat(base, ".key", NULL),
                        *certificate = g_strconcat(base, ".pem", NULL);
        const char *argv[] = {"openssl",
                              "req",
                              "-x509",
                              "-newkey",
                              "ec",
                              "-pkeyopt",
                              "ec_paramgen_curve:P-256",
                              "-nodes",
                              "-days",
                              "2",
                              "-subj",
                              "/CN=localhost",
                              "-addext",
                              "subjectAltName=IP:127.0.0.1",
                              "-keyout",
                              key,
                              "-out",
                              certificate,
                              NULL};
        g_autoptr(GSubprocess) process = spawn(argv, G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_assert_true(g_subprocess_wait_check(process, NULL, NULL));
}

char *start_server(const char *const *options, GSubprocess **process)
{
        g_autofree char *program = source_path("tests/functional/http-server.py");
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_ptr_array_add(argv, (char *)"python3");
        g_ptr_array_add(argv, program);
        g_ptr_array_add(argv, workplace);
        g_ptr_array_add(argv, (char *)"--with-parent");
        for (; *options; options++)
                g_ptr_array_add(argv, (char *)*options);
        g_ptr_array_add(argv, NULL);
        *process = spawn((const char *const *)argv->pdata, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
        g_autoptr(GDataInputStream) lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(*process));
        char *url = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
        g_assert_nonnull(url);
        return url;
}

static unsigned free_port(void)
{
        g_autoptr(GSocketListener) listener = g_socket_listener_new();
        return g_socket_listener_add_any_inet_port(listener, NULL, NULL);
}

/* Start nginx on a free port, in its directory "nginx". Returns: owned "127.0.0.1:PORT", once nginx answers. */
char *start_nginx(bool with_tls, GSubprocess **process)
{
        g_autofree char *program = source_path("tools/serve"), *prefix = in_workplace("nginx");
        g_autofree char *certificate = in_workplace("tls.pem"), *key = in_workplace("tls.key");
        unsigned port_number = free_port();
        g_autofree char *port = g_strdup_printf("%u", port_number);
        const char *argv[] = {program, workplace, port, prefix, with_tls ? certificate : NULL, key, NULL};
        *process = spawn(argv, G_SUBPROCESS_FLAGS_NONE);
        g_autoptr(GSocketClient) client = g_socket_client_new();
        gint64 until_us = g_get_monotonic_time() + DEADLINE_S * G_USEC_PER_SEC;
        g_autoptr(GSocketConnection) connection = NULL;
        while (!connection) {
                g_assert_cmpint(g_get_monotonic_time(), <, until_us);
                g_usleep(20000);
                connection = g_socket_client_connect_to_host(client, "127.0.0.1", (guint16)port_number, NULL,
                                                             NULL);
        }
        return g_strconcat("127.0.0.1:", port, NULL);
}

/* --- the frame */

static void make_files(void)
{
        g_autofree uint8_t *bytes = g_malloc(DATA_BYTES);
        g_autoptr(GRand) rand = g_rand_new_with_seed(1);
        for (size_t i = 0; i < DATA_BYTES; i++)
                bytes[i] = (uint8_t)g_rand_int(rand);
        write_file("depot/data", bytes, DATA_BYTES);
        data = g_bytes_new(bytes, DATA_BYTES);
        memset(bytes, 'o', DATA_BYTES);
        write_file("depot/other", bytes, DATA_BYTES);
        write_file("depot/empty", "", 0);
        write_file("depot/sub/a+b~1:2 %41#?.deb", "hello", 5);
        make_certificate("tls");
        make_certificate("foreign");
        behave("");
}

static void clean_environment(void)
{
        static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                            "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                g_unsetenv(names[i]);
        g_setenv("LAUTTA_RETRY_BASE_MS", "5", true);
}

int run_tests(int argc, char **argv, void (*add_tests)(void))
{
        g_test_init(&argc, &argv, NULL);
        clean_environment();
        g_autotempdir place = directory_make_temporary(NULL);
        workplace = place;
        make_files();
        GSubprocess *server = NULL;
        g_autofree char *rules = in_workplace("rules"), *log = in_workplace("log");
        const char *options[] = {"--rules", rules, "--log", log, NULL};
        server_url = start_server(options, &server);
        add_tests();
        int result = g_test_run();
        stop(server);
        g_bytes_unref(data);
        g_free(server_url);
        return result;
}
