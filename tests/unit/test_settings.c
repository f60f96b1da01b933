/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings files: written, read back, and refused. */
#include "settings.h"

#include <string.h>

#include "errors.h"

#define GOOD                                                                                                 \
        "{\"files\":{\"empty\":\"\",\"user-data\":\"aGVsbG8K\"},\"format\":\"lautta-settings/1\","           \
        "\"host\":\"library-1\",\"service\":\"web\"}\n"

static GBytes *bytes_of(const char *text)
{
        return g_bytes_new(text, strlen(text));
}

static Settings *make(void)
{
        g_autoptr(GBytes) hello = bytes_of("hello\n");
        g_autoptr(GBytes) nothing = bytes_of("");
        Settings *settings = settings_new("library-1", "web");
        g_assert_true(settings_add(settings, "user-data", hello, NULL));
        g_assert_true(settings_add(settings, "empty", nothing, NULL));
        return settings;
}

static void settings_are_written_in_one_form(void)
{
        g_autoptr(Settings) settings = make();
        g_autoptr(GBytes) text = settings_format(settings);
        g_autoptr(GBytes) good = bytes_of(GOOD);
        g_assert_true(g_bytes_equal(text, good));
}

static void what_is_written_is_read_back(void)
{
        enum { FILES = 4 };
        g_autoptr(Settings) settings = settings_new("a", "bb");
        g_autofree char *long_name = g_strnfill(SETTINGS_NAME_MAX_CHARS, 'n');
        g_autofree uint8_t *data = g_malloc(SETTINGS_FILE_MAX_BYTES);
        for (size_t i = 0; i < SETTINGS_FILE_MAX_BYTES; i++)
                data[i] = (uint8_t)(i * 7);
        g_autoptr(GBytes) binary = g_bytes_new(data, SETTINGS_FILE_MAX_BYTES);
        const char *names[FILES] = {"z", "A.b_c-1", long_name, "y"};
        for (size_t i = 0; i < FILES; i++)
                g_assert_true(settings_add(settings, names[i], binary, NULL));
        g_autoptr(GBytes) text = settings_format(settings);
        g_assert_cmpuint(g_bytes_get_size(text), <=, SETTINGS_TEXT_MAX_BYTES);
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) again = settings_parse(text, "x", &error);
        g_assert_no_error(error);
        g_assert_cmpuint(again->files->len, ==, FILES);
        const SettingsFile *first = again->files->pdata[0];
        g_assert_cmpstr(first->name, ==, "A.b_c-1");
        g_assert_true(g_bytes_equal(first->content, binary));
}

static void too_much_is_refused(void)
{
        g_autofree char *zeros = g_malloc0(SETTINGS_FILE_MAX_BYTES + 1);
        g_autoptr(GBytes) longest = g_bytes_new(zeros, SETTINGS_FILE_MAX_BYTES);
        g_autoptr(GBytes) longer = g_bytes_new(zeros, SETTINGS_FILE_MAX_BYTES + 1);
        g_autoptr(GBytes) one = g_bytes_new(zeros, 1);
        g_autoptr(GBytes) none = g_bytes_new(zeros, 0);
        g_autoptr(Settings) large = settings_new("a", "bb");
        g_assert_false(settings_add(large, "a", longer, NULL));
        for (int i = 0; i < SETTINGS_ALL_MAX_BYTES / SETTINGS_FILE_MAX_BYTES; i++) {
                const char name[] = {(char)('a' + i), '\0'};
                g_assert_true(settings_add(large, name, longest, NULL));
        }
        g_assert_false(settings_add(large, "z", one, NULL));
        g_assert_true(settings_add(large, "z", none, NULL));
        g_assert_false(settings_add(large, "z", none, NULL));
        g_autoptr(Settings) many = settings_new("a", "bb");
        for (int i = 0; i < SETTINGS_FILES_MAX; i++) {
                g_autofree char *name = g_strdup_printf("f%d", i);
                g_assert_true(settings_add(many, name, one, NULL));
        }
        g_assert_false(settings_add(many, "one-more", one, NULL));
}

static void names_are_safe_in_any_directory(void)
{
        static const char *const bad[] = {"",    ".",        "..", ".a",  "a/b", "a b",
                                          "a\n", "\xc3\xa4", "a~", "a\\", "a:b", "a\x01"};
        g_autofree char *longer = g_strnfill(SETTINGS_NAME_MAX_CHARS + 1, 'n');
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_false(settings_name_is_valid(bad[i]));
        g_assert_false(settings_name_is_valid(longer));
        g_assert_true(settings_name_is_valid("a..b") && settings_name_is_valid("-rf"));
}

static char *replace(const char *what, const char *with)
{
        g_auto(GStrv) parts = g_strsplit(GOOD, what, 2);
        g_assert_cmpuint(g_strv_length(parts), ==, 2);
        return g_strjoinv(with, parts);
}

static void any_other_form_is_refused(void)
{
        static const struct {
                const char *what, *with, *says;
        } cases[] = {
                {"lautta-settings/1", "lautta-settings/2", "needs a newer Lautta"},
                {"lautta-settings/1", "lautta-list/1", "is not the format"},
                {"{\"files\"", "{\"x\":1,\"files\"", "its fields are not"},
                {"{\"files\"", "{ \"files\"", "not in the one form"},
                {"}\n", "}", "not in the one form"},
                {"}\n", "}\n\n", "not in the one form"},
                {"}\n", "}x", "end of file expected"},
                {"aGVsbG8K", "aGVsbG8K==", "not in the one form"},
                {"aGVsbG8K", "aGVs bG8K", "not in the one form"},
                {"aGVsbG8K", "aGVsbG9=", "not in the one form"},
                {"aGVsbG8K", "!", "not in the one form"},
                {"\"aGVsbG8K\"", "7", "is no text"},
                {"\"aGVsbG8K\"", "{}", "is no text"},
                {"user-data", "../user-data", "is not a name"},
                {"user-data", "a", "not in the one form"},
                {"user-data", "empty", "duplicate object key"},
                {"library-1", "../x", "is not a host's name"},
                {"\"web\"", "\"Web\"", "is not a service's name"},
                {"\"web\"", "7", "its fields are not"},
                {"\"empty\":\"\",\"user-data\":\"aGVsbG8K\"", "", "no file in it"},
                {"{\"empty\":\"\",\"user-data\":\"aGVsbG8K\"}", "[]", "its fields are not"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = replace(cases[i].what, cases[i].with);
                g_autoptr(GBytes) bytes = bytes_of(text);
                g_autoptr(GError) error = NULL;
                g_assert_null(settings_parse(bytes, "x", &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                g_test_message("%s", error->message);
                g_assert_nonnull(strstr(error->message, cases[i].says));
        }
}

static void what_is_no_object_is_refused(void)
{
        static const char *const texts[] = {"", "[]", "7", "null", "{", "\"", "{\"format\":7}", "\xff"};
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autoptr(GBytes) bytes = bytes_of(texts[i]);
                g_assert_null(settings_parse(bytes, "x", NULL));
        }
        g_autofree char *long_text = g_strnfill(SETTINGS_TEXT_MAX_BYTES + 1, ' ');
        g_autoptr(GBytes) bytes = bytes_of(long_text);
        g_autoptr(GError) error = NULL;
        g_assert_null(settings_parse(bytes, "x", &error));
        g_assert_cmpstr(error->message, ==, "x: it is longer than 393216 bytes");
}

static void only_what_the_list_names_is_opened(void)
{
        g_autoptr(GBytes) text = bytes_of(GOOD);
        uint8_t sha256[DIGEST_BYTES];
        digest_sha256(GOOD, strlen(GOOD), sha256);
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = settings_open(text, sha256, "library-1", "web", "x", &error);
        g_assert_no_error(error);
        g_assert_cmpuint(settings->files->len, ==, 2);
        g_assert_null(settings_open(text, sha256, "library-2", "web", "x", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_UNTRUSTED));
        g_clear_error(&error);
        g_assert_null(settings_open(text, sha256, "library-1", "db", "x", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_UNTRUSTED));
        g_clear_error(&error);
        sha256[31] ^= 1;
        g_assert_null(settings_open(text, sha256, "library-1", "web", "x", &error));
        g_assert_cmpstr(error->message, ==, "x: its SHA-256 is not the one that the list has");
        g_assert_true(error_is(error, LAUTTA_ERROR_UNTRUSTED));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/settings/settings_are_written_in_one_form", settings_are_written_in_one_form);
        g_test_add_func("/settings/what_is_written_is_read_back", what_is_written_is_read_back);
        g_test_add_func("/settings/too_much_is_refused", too_much_is_refused);
        g_test_add_func("/settings/names_are_safe_in_any_directory", names_are_safe_in_any_directory);
        g_test_add_func("/settings/any_other_form_is_refused", any_other_form_is_refused);
        g_test_add_func("/settings/what_is_no_object_is_refused", what_is_no_object_is_refused);
        g_test_add_func("/settings/only_what_the_list_names_is_opened", only_what_the_list_names_is_opened);
        return g_test_run();
}
