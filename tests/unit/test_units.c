/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "units.h"

#include "errors.h"

static void sizes_with_units_are_powers_of_1024(void)
{
        static const struct {
                const char *text;
                uint64_t bytes;
        } good[] = {{"0", 0},           {"4096", 4096},          {"256M", 268435456},
                    {"2G", 2147483648}, {"16T", 17592186044416}, {"18446744073709551615", UINT64_MAX}};
        for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
                uint64_t bytes = 1;
                g_autoptr(GError) error = NULL;
                g_assert_true(size_parse(good[i].text, &bytes, &error));
                g_assert_no_error(error);
                g_assert_cmpuint(bytes, ==, good[i].bytes);
        }
}

static void anything_else_is_not_a_size(void)
{
        static const char *const bad[] = {
                "",         "010", "1e9",  "1.5G", "-1",   "+1",   " 1",
                "1 ",       "1MB", "256m", "M",    "0x10", "1GiB", "18446744073709551616",
                "16777216T"};
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                uint64_t bytes = 77;
                g_autoptr(GError) error = NULL;
                g_assert_false(size_parse(bad[i], &bytes, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_USAGE));
                g_assert_cmpuint(bytes, ==, 77);
        }
}

static void durations_have_exactly_one_unit(void)
{
        uint64_t seconds = 0;
        g_assert_true(duration_parse("120s", &seconds, NULL));
        g_assert_cmpuint(seconds, ==, 120);
        g_assert_true(duration_parse("2h", &seconds, NULL));
        g_assert_cmpuint(seconds, ==, 7200);
        g_assert_false(duration_parse("120", &seconds, NULL));
        g_assert_false(duration_parse("1h30m", &seconds, NULL));
        g_assert_false(duration_parse("99999999999999999999d", &seconds, NULL));
}

static void printed_sizes_have_three_digits(void)
{
        static const struct {
                uint64_t bytes;
                const char *text;
        } cases[] = {{0, "0 B"},           {999, "999 B"},         {1000, "1.00 kB"}, {498123456, "498 MB"},
                     {99950000, "100 MB"}, {UINT64_MAX, "18.4 EB"}};
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = size_format(cases[i].bytes);
                g_assert_cmpstr(text, ==, cases[i].text);
        }
}

static void times_are_read_as_they_are_written(void)
{
        static const char *const bad[] = {
                "",
                "2026-11-22",
                "2026-11-22T11:00:00",
                "2026-11-22T11:00:00z",
                " 2026-11-22T11:00:00Z",
                "2026-11-22T11:00:00Z ",
                "2026-11-22T11:00:00.0Z",
                "2026-11-22T24:00:00Z",
                "2026-02-29T11:00:00Z",
                "2026-1-2T11:00:00Z",
                "1969-12-31T23:59:59Z",
                "-026-11-22T11:00:00Z",
        };
        int64_t time = 0;
        g_assert_true(time_parse("2026-11-22T11:00:00Z", &time, NULL));
        g_assert_cmpint(time, ==, 1795345200);
        g_assert_true(time_parse("9999-12-31T23:59:59Z", &time, NULL));
        g_assert_cmpint(time, ==, 253402300799);
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_false(time_parse(bad[i], &time, NULL));
        g_assert_cmpint(time, ==, 253402300799);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/units/sizes_with_units_are_powers_of_1024", sizes_with_units_are_powers_of_1024);
        g_test_add_func("/units/anything_else_is_not_a_size", anything_else_is_not_a_size);
        g_test_add_func("/units/durations_have_exactly_one_unit", durations_have_exactly_one_unit);
        g_test_add_func("/units/printed_sizes_have_three_digits", printed_sizes_have_three_digits);
        g_test_add_func("/units/times_are_read_as_they_are_written", times_are_read_as_they_are_written);
        return g_test_run();
}
