/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "files.h"

static void what_is_written_is_read_back(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "state", "a.json", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) record =
                json_pack("{s:i, s:{s:[s, s]}, s:s}", "serial", 7, "bad", "web", "1.0", "1.1", "name", "ä\n");
        g_assert_true(record_write(path, record, &error));
        g_autoptr(json_t) again = record_read(path, &error);
        g_assert_no_error(error);
        g_assert_true(json_equal(record, again));
        g_autofree char *left = g_strconcat(path, ".new", NULL);
        g_assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
}

static void a_record_is_for_its_owner_alone(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "a.json", NULL);
        g_autoptr(json_t) record = json_pack("{s:s}", "console", "password: swordfish");
        struct stat st;
        mode_t before = umask(0);
        g_assert_true(record_write(path, record, NULL));
        umask(before);
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 0777, ==, 0600);
}

static void every_torn_or_changed_byte_is_noticed(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "a.json", NULL);
        g_autoptr(json_t) record = json_pack("{s:i}", "serial", 7);
        g_assert_true(record_write(path, record, NULL));
        g_autoptr(GBytes) whole = file_read(path, RECORD_MAX_BYTES, NULL);
        gsize size = 0;
        const char *bytes = g_bytes_get_data(whole, &size);
        for (gsize i = 0; i < size; i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GBytes) torn = g_bytes_new(bytes, i);
                g_assert_null(record_parse(torn, "a", &error));
                g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT);
                g_autofree char *copy = g_memdup2(bytes, size);
                copy[i] ^= 1;
                g_autoptr(GBytes) changed = g_bytes_new(copy, size);
                g_assert_null(record_parse(changed, "a", NULL));
        }
}

static void a_torn_record_is_put_aside_once(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "a.json", NULL);
        g_autofree char *aside = g_build_filename(directory, "a.json.torn", NULL);
        g_autofree char *torn = NULL;
        g_autofree char *again = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(g_file_set_contents(path, "{}\n", -1, NULL));
        g_assert_null(record_take(path, &torn, &error));
        g_assert_no_error(error);
        g_assert_nonnull(strstr(torn, "a.json' is torn"));
        g_assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
        g_assert_null(record_take(path, &again, &error));
        g_assert_no_error(error);
        g_assert_null(again);
}

static void what_is_no_object_or_too_long_is_not_written(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "a.json", NULL);
        g_autofree char *text = g_strnfill(RECORD_MAX_BYTES, 'x');
        g_autoptr(json_t) list = json_array();
        g_autoptr(json_t) big = json_pack("{s:s}", "text", text);
        g_assert_false(record_write(path, list, NULL));
        g_assert_false(record_write(path, big, NULL));
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/record/what_is_written_is_read_back", what_is_written_is_read_back);
        g_test_add_func("/record/a_record_is_for_its_owner_alone", a_record_is_for_its_owner_alone);
        g_test_add_func("/record/every_torn_or_changed_byte_is_noticed",
                        every_torn_or_changed_byte_is_noticed);
        g_test_add_func("/record/a_torn_record_is_put_aside_once", a_torn_record_is_put_aside_once);
        g_test_add_func("/record/what_is_no_object_or_too_long_is_not_written",
                        what_is_no_object_or_too_long_is_not_written);
        return g_test_run();
}
