/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "release.h"

#include <string.h>

#include "errors.h"

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DATES                                                                                                \
        "Date: Sun, 22 Nov 2026 11:00:00 UTC\n"                                                              \
        "Valid-Until: Mon, 22 Nov 2027 11:00:00 UTC\n"

static Release *parse(const char *text, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        return release_parse(bytes, "InRelease", error);
}

static void a_whole_release_is_read(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Release) release =
                parse("Lautta-Depot: id\nOrigin: Libraries of Espoo\nSuite: stable\n" DATES
                      "Acquire-By-Hash: yes\nArchitectures: amd64 arm64\nComponents: main\n"
                      "SHA256:\n " SHA "        0 main/binary-amd64/Packages\n",
                      &error);
        g_assert_no_error(error);
        g_assert_cmpstr(release->origin, ==, "Libraries of Espoo");
        g_assert_cmpstr(release->depot_id, ==, "id");
        g_assert_cmpstr(release->label, ==, "");
        g_assert_cmpint(release->date, ==, 1795345200);
        g_assert_cmpint(release->valid_until, ==, 1795345200 + 365 * 86400);
        g_assert_true(release->by_hash);
        g_assert_cmpstr(release->architectures[1], ==, "arm64");
        g_assert_cmpuint(release_find(release, "main/binary-amd64/Packages")->size_bytes, ==, 0);
        g_assert_null(release_find(release, "main/binary-amd64/Packages.gz"));
}

static void anything_amiss_in_a_release_is_refused(void)
{
        static const char *const bad[] = {
                "",
                DATES,
                "Date: Sun, 22 Nov 2026 11:00:00 UTC\nSHA256:\n",
                "Valid-Until: Sun, 22 Nov 2026 11:00:00 UTC\nSHA256:\n",
                DATES "SHA256:\n " SHA " 0 a\n\nOrigin: x\n",
                DATES "SHA256:\n " SHA " 0 ../a\n",
                DATES "SHA256:\n " SHA " 0 /a\n",
                DATES "SHA256:\n " SHA " 0 a//b\n",
                DATES "SHA256:\n " SHA " 0 a/./b\n",
                DATES "SHA256:\n " SHA " 0 a\\b\n",
                DATES "SHA256:\n " SHA " -1 a\n",
                DATES "SHA256:\n " SHA " 010 a\n",
                DATES "SHA256:\n " SHA " 99999999999999999999 a\n",
                DATES "SHA256:\n " SHA " 0\n",
                DATES "SHA256:\n " SHA " 0 a b\n",
                DATES "SHA256:\n abc 0 a\n",
                DATES "SHA256:\n E3"
                      " 0 a\n",
                DATES "Origin: a\n b\nSHA256:\n",
                "Date: yesterday\nValid-Until: Mon, 22 Nov 2027 11:00:00 UTC\nSHA256:\n",
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(parse(bad[i], &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        }
}

static void dates_are_read_strictly(void)
{
        int64_t seconds = 77;
        g_assert_true(release_date_parse("Sun, 22 Nov 2026 11:00:00 UTC", &seconds, NULL));
        g_assert_cmpint(seconds, ==, 1795345200);
        g_assert_true(release_date_parse("Sun, 22 Nov 2026 11:00:00 +0000", &seconds, NULL));
        g_assert_true(release_date_parse("Thu, 01 Jan 1970 00:00:00 GMT", &seconds, NULL));
        g_assert_cmpint(seconds, ==, 0);
        static const char *const bad[] = {
                "",
                "Sun, 22 Nov 2026 11:00:00",
                "Sun, 22 Nov 2026 11:00:00 CET",
                "Sun, 22 Nov 2026 11:00:00 +0100",
                "Mon, 22 Nov 2026 11:00:00 UTC",
                "Sun, 31 Feb 2026 11:00:00 UTC",
                "Sun, 22 Nov 2026 24:00:00 UTC",
                "Sun, 22 Nov 2026 11:00:60 UTC",
                "Sun, 22 Nov 26 11:00:00 UTC",
                "sun, 22 nov 2026 11:00:00 UTC",
                " Sun, 22 Nov 2026 11:00:00 UTC",
                "Sun, 22 Nov 2026 11:00:00 UTC ",
                "Sun,  22 Nov 2026 11:00:00 UTC",
                "Sun, +2 Nov 2026 11:00:00 UTC",
                "Sun, 22 Nov 2026 11:00:00 UTC+1",
                "2026-11-22T11:00:00Z",
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                seconds = 77;
                g_assert_false(release_date_parse(bad[i], &seconds, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                g_assert_cmpint(seconds, ==, 77);
        }
}

static void dates_written_are_dates_read(void)
{
        for (int64_t date = 0; date < 250000000000 && date < 253402300800; date += 86400 * 365 + 12345) {
                g_autofree char *text = release_date_format(date);
                int64_t again = 0;
                g_autoptr(GError) error = NULL;
                release_date_parse(text, &again, &error);
                g_assert_no_error(error);
                g_assert_cmpint(again, ==, date);
        }
}

static bool check(int64_t date, int64_t until, int64_t now, int64_t seen, bool allow_expired)
{
        const Release release = {.date = date, .valid_until = until};
        g_autoptr(GError) error = NULL;
        bool good = release_check_dates(&release, now, seen, allow_expired, &error);
        g_assert_true(good || error_is(error, LAUTTA_ERROR_UNTRUSTED));
        return good;
}

static void an_expired_release_is_refused_unless_allowed(void)
{
        g_assert_true(check(100, 200, 150, 0, false));
        g_assert_true(check(100, 200, 200, 0, false));
        g_assert_false(check(100, 200, 201, 0, false));
        g_assert_true(check(100, 200, 201, 0, true));
}

static void an_older_release_than_seen_is_refused_even_where_expiry_is_allowed(void)
{
        g_assert_true(check(100, 200, 150, 100, false));
        g_assert_false(check(100, 200, 150, 101, false));
        g_assert_false(check(100, 200, 150, 101, true));
}

static void a_dead_clock_neither_blocks_nor_opens(void)
{
        /* The clock says 1970: a date ahead of it is fine, but signed dates still advance the time. */
        g_assert_true(check(100, 200, 0, 0, false));
        g_assert_true(check(100, 200, 0, 100, false));
        g_assert_false(check(300, 200, 0, 0, false));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/release/a_whole_release_is_read", a_whole_release_is_read);
        g_test_add_func("/release/anything_amiss_in_a_release_is_refused",
                        anything_amiss_in_a_release_is_refused);
        g_test_add_func("/release/dates_are_read_strictly", dates_are_read_strictly);
        g_test_add_func("/release/dates_written_are_dates_read", dates_written_are_dates_read);
        g_test_add_func("/release/an_expired_release_is_refused_unless_allowed",
                        an_expired_release_is_refused_unless_allowed);
        g_test_add_func("/release/an_older_release_than_seen_is_refused_even_where_expiry_is_allowed",
                        an_older_release_than_seen_is_refused_even_where_expiry_is_allowed);
        g_test_add_func("/release/a_dead_clock_neither_blocks_nor_opens",
                        a_dead_clock_neither_blocks_nor_opens);
        return g_test_run();
}
