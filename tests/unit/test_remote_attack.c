/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The faults of a server, one rule of tests/functional/http-server.py each. */
#include <string.h>

#include "errors.h"
#include "remote_fixture.h"

static unsigned patience(const char *rules)
{
        return strstr(rules, "hang") || strstr(rules, "drip") ? STALL_MS : PATIENT_MS;
}

/* Rules under which everything arrives whole. */
static void what_passes_is_overcome(gconstpointer rules)
{
        behave(rules);
        g_autoptr(Remote) remote = open_server(patience(rules));
        assert_data_is_read(remote);
        behave(rules);
        assert_all_ranges_come(remote);
}

static const char *const passing[] = {
        "* status=503 times=2",
        "* status=503 retry-after=1 times=1",
        "* status=429 times=2",
        "* status=500 times=1\n* status=502 times=1",
        "* status=504 times=1\n* status=408 times=1\n* status=425 times=1",
        "* status=503 page=1000000 times=1",
        "* close=0 times=2",
        "* close=100000 times=4",
        "* reset=70000 times=4",
        "* hang=header times=1",
        "* hang=50000 times=1",
        "* drip=0.03 times=1",
        "* close=70000 etag=none times=2",
        "* close=70000 etag=weak times=2",
        "* close=70000 times=1\n* ranges=none",
        "* ranges=none",
        "* ranges=none close=200000 times=1",
        "* chunked",
        "* chunked close=100000 times=1",
        "* redirect=/depot/data times=1",
        "* latency=50 rate=2000000",
        "* headers=50000",
};

typedef struct {
        const char *rules;
        LauttaErrorCode code;
        unsigned requests; /* for a read, and the same for a range */
} Loss;

static void what_will_not_pass_is_told_at_once(gconstpointer user)
{
        const Loss *loss = user;
        behave(loss->rules);
        g_autoptr(Remote) remote = open_server(patience(loss->rules));
        g_autoptr(GError) error = NULL;
        g_assert_null(remote_read(remote, "data", DATA_BYTES, &error));
        assert_names(error, "/depot/data: ");
        g_assert_cmpint(error->code, ==, (int)loss->code);
        assert_requests(loss->requests);
        g_assert_cmpuint(remote_stats(remote).requests, ==, loss->requests);

        behave(loss->rules);
        g_autoptr(GError) why = lose_range(remote, &ranges[2], NULL);
        assert_names(why, "/depot/data: ");
        g_assert_cmpint(why->code, ==, (int)loss->code);
        assert_requests(loss->requests);
}

static const Loss losses[] = {
        {"* status=400", LAUTTA_ERROR_SYSTEM, 1},
        {"* status=401", LAUTTA_ERROR_SYSTEM, 1},
        {"* status=403", LAUTTA_ERROR_SYSTEM, 1},
        {"* status=404", LAUTTA_ERROR_NOT_FOUND, 1},
        {"* status=404 page=1000000", LAUTTA_ERROR_NOT_FOUND, 1},
        {"* status=410", LAUTTA_ERROR_NOT_FOUND, 1},
        {"* status=416", LAUTTA_ERROR_CORRUPT, 1},
        {"* status=203", LAUTTA_ERROR_SYSTEM, 1},
        {"* status=500", LAUTTA_ERROR_TRY_AGAIN, 1 + RETRIES},
        {"* status=429", LAUTTA_ERROR_TRY_AGAIN, 1 + RETRIES},
        {"* hang=0", LAUTTA_ERROR_TRY_AGAIN, 1 + RETRIES},
        {"* hang=header", LAUTTA_ERROR_TRY_AGAIN, 1 + RETRIES},
        {"* close=0", LAUTTA_ERROR_TRY_AGAIN, 1 + RETRIES},
        {"* drip=0.05", LAUTTA_ERROR_TRY_AGAIN, 1 + RETRIES},
        {"* redirect=self", LAUTTA_ERROR_SYSTEM, 6},
        {"* redirect=file:///etc/passwd", LAUTTA_ERROR_SYSTEM, 1},
        {"* redirect=ftp://127.0.0.1/data", LAUTTA_ERROR_SYSTEM, 1},
        {"* headers=endless", LAUTTA_ERROR_SYSTEM, 1},
};

static void wrong_answers_to_ranges_are_corrupt(gconstpointer rules)
{
        behave(rules);
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        size_t received = 1;
        g_autoptr(GError) error = lose_range(remote, &ranges[2], &received);
        assert_names(error, "/depot/data: ");
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        g_assert_cmpuint(received, ==, 0);
        assert_requests(1);
}

static const char *const wrong_answers[] = {
        "* ranges=shift",     "* ranges=short",
        "* ranges=bare",      "* ranges=total",
        "* ranges=multipart", "* length=7",
        "* length=-7",        "* truncate=150000",
        "* truncate=0",       "* truncate=150000 ranges=none",
};

static void of_a_file_that_ends_before_its_range_comes_what_there_is(void)
{
        static const char *const rules[] = {"* truncate=200000", "* truncate=200000 chunked",
                                            "* truncate=200000 ranges=none",
                                            "* truncate=200000 ranges=none chunked"};
        for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
                behave(rules[i]);
                g_autoptr(Remote) remote = open_server(PATIENT_MS);
                size_t received = 0;
                g_autoptr(GError) error = lose_range(remote, &ranges[2], &received);
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                g_assert_cmpuint(received, ==, 50000);
                assert_requests(1);
        }
}

static void a_file_longer_than_allowed_is_corrupt(void)
{
        static const char *const rules[] = {"* extend=1", "* extend=1 chunked", "* endless", "* length=1"};
        for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
                behave(rules[i]);
                g_autoptr(Remote) remote = open_server(PATIENT_MS);
                g_autoptr(GError) error = NULL;
                g_assert_null(remote_read(remote, "data", DATA_BYTES, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                assert_requests(1);
        }
}

static void a_range_ends_where_it_was_said_to_whatever_the_server_adds(void)
{
        behave("* endless ranges=none");
        g_autoptr(Remote) remote = open_server(PATIENT_MS);
        assert_all_ranges_come(remote);
        behave("* endless");
        assert_all_ranges_come(remote);
        behave("* length=-7 times=1");
        g_autoptr(GBytes) bytes = remote_read(remote, "data", DATA_BYTES, NULL);
        g_assert_cmpuint(g_bytes_get_size(bytes), ==, DATA_BYTES - 7);
        assert_data_is_read(remote);
}

static void add_case(const char *name, const char *detail, GTestDataFunc test, gconstpointer user)
{
        g_autofree char *path = g_strdelimit(g_strdup(detail), "/\n", ',');
        g_autofree char *full = g_strconcat("/remote/", name, "/", path, NULL);
        g_test_add_data_func(full, user, test);
}

#define ADD(test) g_test_add_func("/remote/" #test, test)

static void add_tests(void)
{
        ADD(of_a_file_that_ends_before_its_range_comes_what_there_is);
        ADD(a_file_longer_than_allowed_is_corrupt);
        ADD(a_range_ends_where_it_was_said_to_whatever_the_server_adds);
        for (size_t i = 0; i < G_N_ELEMENTS(passing); i++)
                add_case("what_passes_is_overcome", passing[i], what_passes_is_overcome, passing[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(losses); i++)
                add_case("what_will_not_pass_is_told_at_once", losses[i].rules,
                         what_will_not_pass_is_told_at_once, &losses[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(wrong_answers); i++)
                add_case("wrong_answers_to_ranges_are_corrupt", wrong_answers[i],
                         wrong_answers_to_ranges_are_corrupt, wrong_answers[i]);
}

int main(int argc, char **argv)
{
        return run_tests(argc, argv, add_tests);
}
