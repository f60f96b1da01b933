/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "freshness.h"

#include <string.h>

#include "errors.h"
#include "files.h"

static void the_newest_date_is_kept(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "state", "depot", NULL);
        int64_t seen = 77;
        g_autoptr(GError) error = NULL;
        g_assert_true(freshness_read(path, &seen, &error));
        g_assert_cmpint(seen, ==, 0);
        g_assert_true(freshness_record(path, 200, &error));
        g_assert_true(freshness_record(path, 100, &error));
        g_assert_true(freshness_read(path, &seen, &error));
        g_assert_cmpint(seen, ==, 200);
        g_assert_true(freshness_record(path, 300, &error));
        g_assert_true(freshness_read(path, &seen, &error));
        g_assert_cmpint(seen, ==, 300);
        g_assert_no_error(error);
}

static void a_torn_record_is_reported_and_never_believed(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "depot", NULL);
        g_assert_true(freshness_record(path, 1795345200, NULL));
        g_autoptr(GBytes) whole = file_read(path, 4096, NULL);
        size_t size = g_bytes_get_size(whole);
        const char *text = g_bytes_get_data(whole, NULL);
        for (size_t length = 0; length < size; length++) {
                g_assert_true(file_write_atomically(path, text, length, 0644, NULL));
                int64_t seen = 77;
                g_autoptr(GError) error = NULL;
                g_assert_false(freshness_read(path, &seen, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                g_assert_nonnull(strstr(error->message, path));
                g_assert_cmpint(seen, ==, 77);
                g_clear_error(&error);
                g_assert_false(freshness_record(path, 1795345300, &error));
        }
        for (size_t i = 0; i < size; i++) {
                g_autofree char *changed = g_memdup2(text, size);
                changed[i] ^= 1;
                g_assert_true(file_write_atomically(path, changed, size, 0644, NULL));
                int64_t seen = 77;
                g_assert_false(freshness_read(path, &seen, NULL));
        }
}

static void a_depot_is_known_by_signer_id_and_suite(void)
{
        const Release one = {.depot_id = (char *)"id", .origin = (char *)"a", .suite = (char *)"stable"};
        const Release renamed = {.depot_id = (char *)"id", .origin = (char *)"b", .suite = (char *)"stable"};
        const Release other = {.depot_id = (char *)"di", .origin = (char *)"a", .suite = (char *)"stable"};
        const Release suite = {.depot_id = (char *)"id", .origin = (char *)"a", .suite = (char *)"next"};
        const Release without = {.depot_id = (char *)"", .origin = (char *)"id", .suite = (char *)"stable"};
        g_autofree char *path = freshness_path("/s", "F", &one);
        g_autofree char *of_renamed = freshness_path("/s", "F", &renamed);
        g_autofree char *of_other = freshness_path("/s", "F", &other);
        g_autofree char *of_suite = freshness_path("/s", "F", &suite);
        g_autofree char *of_without = freshness_path("/s", "F", &without);
        g_autofree char *of_signer = freshness_path("/s", "G", &one);
        g_assert_cmpstr(path, ==, of_renamed);
        g_assert_cmpstr(path, !=, of_other);
        g_assert_cmpstr(path, !=, of_suite);
        g_assert_cmpstr(path, !=, of_without);
        g_assert_cmpstr(path, !=, of_signer);
}

static void a_clock_far_past_the_newest_date_known_is_refused(void)
{
        enum { DAY = 24 * 3600 };
        const int64_t newest = 1800000000;
        g_autoptr(GError) error = NULL;
        g_assert_true(freshness_check_clock(newest + 90 * DAY, newest, NULL));
        g_assert_true(freshness_check_clock(newest - 900 * DAY, newest, NULL));
        g_assert_true(freshness_check_clock(newest, 0, NULL));
        g_assert_false(freshness_check_clock(newest + 90 * DAY + 1, newest, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
}

static void the_newest_of_all_records_is_found(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_assert_cmpint(freshness_newest(directory), ==, 0);
        static const char *const names[] = {"depot-1", "list-2", "depot-3"};
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *path = g_build_filename(directory, names[i], NULL);
                g_assert_true(freshness_record(path, i == 1 ? 300 : 200, NULL));
        }
        g_autofree char *torn = g_build_filename(directory, "depot-4", NULL);
        g_assert_true(g_file_set_contents(torn, "lautta-freshness/1 900", -1, NULL));
        g_assert_cmpint(freshness_newest(directory), ==, 300);
        g_autofree char *absent = g_build_filename(directory, "absent", NULL);
        g_assert_cmpint(freshness_newest(absent), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/freshness/the_newest_date_is_kept", the_newest_date_is_kept);
        g_test_add_func("/freshness/a_torn_record_is_reported_and_never_believed",
                        a_torn_record_is_reported_and_never_believed);
        g_test_add_func("/freshness/a_depot_is_known_by_signer_id_and_suite",
                        a_depot_is_known_by_signer_id_and_suite);
        g_test_add_func("/freshness/a_clock_far_past_the_newest_date_known_is_refused",
                        a_clock_far_past_the_newest_date_known_is_refused);
        g_test_add_func("/freshness/the_newest_of_all_records_is_found", the_newest_of_all_records_is_found);
        return g_test_run();
}
