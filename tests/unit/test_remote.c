/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy of retries, locations and paths, and reading from directories. */
#include "remote.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backoff.h"
#include "content_range.h"
#include "errors.h"
#include "remote_fixture.h"

static void waits_double_up_to_a_cap_and_are_spread_out(void)
{
        g_assert_cmpuint(backoff_delay_ms(500, 1, 0, 0), ==, 250);
        g_assert_cmpuint(backoff_delay_ms(500, 1, 1, 0), ==, 500);
        g_assert_cmpuint(backoff_delay_ms(500, 2, 1, 0), ==, 1000);
        g_assert_cmpuint(backoff_delay_ms(500, 4, 0.5, 0), ==, 3000);
        g_assert_cmpuint(backoff_delay_ms(500, 1000, 1, 0), ==, BACKOFF_CAP_MS);
        g_assert_cmpuint(backoff_delay_ms(500, 1, 1, 7), ==, 7000);
        g_assert_cmpuint(backoff_delay_ms(500, 1000, 1, 7), ==, BACKOFF_CAP_MS);
        g_assert_cmpuint(backoff_delay_ms(500, 1, 1, 86400), ==, BACKOFF_RETRY_AFTER_CAP_MS);
        g_assert_cmpuint(backoff_delay_ms(500, 1, 1, -5), ==, 500);
}

static void only_exact_content_ranges_are_read(void)
{
        ContentRange range = {1, 2, 3};
        g_assert_true(content_range_parse("bytes 5-9/10", &range));
        g_assert_true(range.first == 5 && range.last == 9 && range.total == 10);
        g_assert_true(content_range_parse("Bytes 0-0/*", &range));
        g_assert_true(range.first == 0 && range.last == 0 && range.total == CONTENT_RANGE_UNKNOWN_TOTAL);
        static const char *const bad[] = {"",
                                          "bytes",
                                          "bytes 5-9",
                                          "bytes 5-9/",
                                          "bytes 9-5/10",
                                          "bytes 5-9/9",
                                          "bytes */10",
                                          "bytes -9/10",
                                          "bytes 5-/10",
                                          "bytes 5-9/10 ",
                                          "bytes 5-9/10,x",
                                          "items 5-9/10",
                                          "bytes=5-9/",
                                          "bytes +5-9/9",
                                          "bytes  5-9/9",
                                          "bytes 5-99999999999999999999/*"};
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_false(content_range_parse(bad[i], &range));
}

static void locations_that_cannot_be_used_are_refused(void)
{
        static const struct {
                const char *location;
                LauttaErrorCode code;
        } cases[] = {
                {"ftp://127.0.0.1/", LAUTTA_ERROR_USAGE},
                {"file://host/srv", LAUTTA_ERROR_USAGE},
                {"file:///srv?x", LAUTTA_ERROR_USAGE},
                {"http://user@127.0.0.1/", LAUTTA_ERROR_USAGE},
                {"http://a:b@127.0.0.1/", LAUTTA_ERROR_USAGE},
                {"https://127.0.0.1/?token=1", LAUTTA_ERROR_USAGE},
                {"https://127.0.0.1/#top", LAUTTA_ERROR_USAGE},
                {"http:///", LAUTTA_ERROR_USAGE},
                {"http://a b/", LAUTTA_ERROR_USAGE},
                {"/nowhere/at/all", LAUTTA_ERROR_NOT_FOUND},
                {"file:///nowhere", LAUTTA_ERROR_NOT_FOUND},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(remote_open(cases[i].location, NULL, &error));
                g_test_message("%s", error->message);
                g_assert_true(error_is(error, cases[i].code));
        }
}

static void paths_that_lead_out_are_corrupt(void)
{
        static const char *const bad[] = {"",       "/etc/passwd", "..", "../data", "a/../data", "a//b",
                                          "./data", "a/",          ".",  "a\nb",    "a\x7f"};
        g_autofree char *depot = in_workplace("depot");
        const char *locations[] = {depot, server_url};
        for (size_t l = 0; l < G_N_ELEMENTS(locations); l++) {
                g_autoptr(Remote) remote = open_location(locations[l]);
                for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                        g_autoptr(GError) error = NULL;
                        g_assert_null(remote_read(remote, bad[i], 100, &error));
                        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                        g_autoptr(GError) why = lose_range(remote, &(RemoteRange){bad[i], 0, 1}, NULL);
                        g_assert_true(error_is(why, LAUTTA_ERROR_CORRUPT));
                }
                g_assert_cmpuint(remote_stats(remote).requests, ==, 0);
        }
}

static void impossible_ranges_are_corrupt(void)
{
        static const RemoteRange bad[] = {
                {"data", 0, 0}, {"data", UINT64_MAX, 2}, {"data", 2, UINT64_MAX}, {"data", INT64_MAX, 1}};
        g_autofree char *depot = in_workplace("depot");
        const char *locations[] = {depot, server_url};
        for (size_t l = 0; l < G_N_ELEMENTS(locations); l++) {
                g_autoptr(Remote) remote = open_location(locations[l]);
                for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                        Catch catch = {0};
                        g_autoptr(GError) error = NULL;
                        RemoteSink sink = {.data = catch_data, .user = &catch};
                        g_assert_false(remote_fetch(remote, &bad[i], 1, &sink, &error));
                        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                }
        }
}

static void directories_and_file_urls_are_read(void)
{
        g_autofree char *depot = in_workplace("depot");
        g_autofree char *spaced = in_workplace("de%pot ä");
        g_assert_cmpint(symlink("depot", spaced), ==, 0);
        g_autofree char *url = g_filename_to_uri(spaced, NULL, NULL);
        g_autofree char *localhost = g_filename_to_uri(depot, "localhost", NULL);
        const char *locations[] = {depot, url, localhost};
        for (size_t i = 0; i < G_N_ELEMENTS(locations); i++) {
                g_autoptr(Remote) remote = open_location(locations[i]);
                assert_data_is_read(remote);
                assert_all_ranges_come(remote);
                g_assert_cmpuint(remote_stats(remote).requests, ==, 2);
                g_assert_cmpuint(remote_stats(remote).bytes_received, ==,
                                 DATA_BYTES + 1 + 99999 + 150000 + DATA_BYTES);
        }
}

static void symlinks_may_not_lead_out_of_a_directory(void)
{
        static const struct {
                const char *name, *target;
        } links[] = {{"absolute", "/etc/passwd"}, {"upward", "../rules"}, {"circle", "circle"}};
        g_autofree char *depot = in_workplace("depot");
        g_autoptr(Remote) remote = open_location(depot);
        for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
                g_autofree char *path = g_build_filename(depot, links[i].name, NULL);
                g_assert_cmpint(symlink(links[i].target, path), ==, 0);
                g_autoptr(GError) error = NULL;
                g_assert_null(remote_read(remote, links[i].name, 1 << 20, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                assert_names(error, links[i].name);
        }
        g_autofree char *inner = g_build_filename(depot, "inner", NULL);
        g_assert_cmpint(symlink("sub/../data", inner), ==, 0);
        g_autoptr(GBytes) bytes = remote_read(remote, "inner", DATA_BYTES, NULL);
        g_assert_nonnull(bytes);
}

/* From now on this process gets ENOSYS for openat2. */
static void take_openat2_away(void)
{
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {G_N_ELEMENTS(filter), filter};
        g_assert_cmpint(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
        g_assert_cmpint(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
}

/* As on an old kernel or in a sandbox. This must be the last test: the filter stays. */
static void without_openat2_no_symlink_is_followed_at_all(void)
{
        static const char *const links[] = {"absolute", "upward", "circle", "inner", "up/rules", "here/data"};
        g_autofree char *depot = in_workplace("depot");
        g_autofree char *up = in_workplace("depot/up"), *here = in_workplace("depot/here");
        g_assert_cmpint(symlink("..", up), ==, 0);
        g_assert_cmpint(symlink(".", here), ==, 0);
        g_autoptr(Remote) remote = open_location(depot);
        g_autoptr(GBytes) through_link = remote_read(remote, "here/data", DATA_BYTES, NULL);
        g_assert_nonnull(through_link);
        take_openat2_away();
        assert_data_is_read(remote);
        g_autoptr(GBytes) bytes = remote_read(remote, "sub/a+b~1:2 %41#?.deb", 100, NULL);
        g_assert_nonnull(bytes);
        for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(remote_read(remote, links[i], 1 << 20, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT) ||
                              error_is(error, LAUTTA_ERROR_NOT_FOUND));
        }
}

static void what_a_directory_cannot_give_is_told(void)
{
        g_autofree char *depot = in_workplace("depot");
        g_autofree char *fifo = g_build_filename(depot, "fifo", NULL);
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        static const struct {
                RemoteRange range;
                LauttaErrorCode code;
                size_t received;
        } cases[] = {{{"absent", 0, 1}, LAUTTA_ERROR_NOT_FOUND, 0},
                     {{"data/below", 0, 1}, LAUTTA_ERROR_NOT_FOUND, 0},
                     {{"sub", 0, 1}, LAUTTA_ERROR_CORRUPT, 0},
                     {{"fifo", 0, 1}, LAUTTA_ERROR_CORRUPT, 0},
                     {{"data", DATA_BYTES, 2}, LAUTTA_ERROR_CORRUPT, 0},
                     {{"data", DATA_BYTES - 1, 2}, LAUTTA_ERROR_CORRUPT, 1}};
        g_autoptr(Remote) remote = open_location(depot);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                size_t received = 0;
                g_autoptr(GError) error = lose_range(remote, &cases[i].range, &received);
                g_assert_true(error_is(error, cases[i].code));
                g_assert_cmpuint(received, ==, cases[i].received);
                assert_names(error, cases[i].range.path);
        }
        g_autoptr(GError) error = NULL;
        g_assert_null(remote_read(remote, "data", DATA_BYTES - 1, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
}

#define ADD(test) g_test_add_func("/remote/" #test, test)

static void add_tests(void)
{
        ADD(waits_double_up_to_a_cap_and_are_spread_out);
        ADD(only_exact_content_ranges_are_read);
        ADD(locations_that_cannot_be_used_are_refused);
        ADD(paths_that_lead_out_are_corrupt);
        ADD(impossible_ranges_are_corrupt);
        ADD(directories_and_file_urls_are_read);
        ADD(symlinks_may_not_lead_out_of_a_directory);
        ADD(what_a_directory_cannot_give_is_told);
        ADD(without_openat2_no_symlink_is_followed_at_all);
}

int main(int argc, char **argv)
{
        return run_tests(argc, argv, add_tests);
}
