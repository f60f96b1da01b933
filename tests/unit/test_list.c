/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/list*.case: the text of a list, in which the line GOOD stands for the fields that
 * every list has; and the error, or the text as it is written. */
#include "list.h"

#include "cases.h"
#include "errors.h"
#include "names.h"

#define KEY "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const char good[] = "Format: lautta-list/1\nHost: library-1\nHost-Key: " KEY "\nSerial: 1795345200\n"
                           "Date: 2026-11-22T11:00:00Z\nValid-Until: 2026-12-22T11:00:00Z\n"
                           "Depot-Date-Min: 2026-11-22T10:58:00Z\n";

static void run_case(const void *data)
{
        const Case *one = data;
        g_autoptr(GBytes) text = case_expand(one, good);
        g_autoptr(GError) error = NULL;
        g_autoptr(List) list = list_parse(text, "x", &error);
        if (strcmp(one->kind, "error") == 0) {
                g_assert_null(list);
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                g_assert_cmpstr(error->message, ==, one->expected);
                return;
        }
        g_assert_no_error(error);
        g_autoptr(GBytes) written = list_format(list);
        g_autofree char *shown = g_strndup(g_bytes_get_data(written, NULL), g_bytes_get_size(written));
        if (g_str_has_prefix(shown, good))
                memmove(shown, shown + strlen(good), strlen(shown) - strlen(good) + 1);
        g_assert_cmpstr(g_strstrip(shown), ==, one->expected);
}

static void what_is_written_is_read_back(void)
{
        g_autoptr(List) list = list_new();
        list->host = g_strdup("library-1");
        list->host_key = g_strdup(KEY);
        list->serial = LIST_SERIAL_MAX;
        list->valid_until = 1;
        list->interval_s = LIST_INTERVAL_MAX_S;
        const uint8_t digest[DIGEST_BYTES] = {1, 2, 3};
        for (int i = RELATIONS_MAX; i > 0; i--) {
                g_autofree char *name = g_strdup_printf("service-%d", i);
                g_ptr_array_add(list->must_have, relation_new(name, "1:2.0-3"));
                list_add_service(list, name, "1:2.0-3", digest);
        }
        list_sort(list);
        g_autoptr(GBytes) text = list_format(list);
        g_autoptr(GError) error = NULL;
        g_autoptr(List) again = list_parse(text, "x", &error);
        g_assert_no_error(error);
        g_autoptr(GBytes) twice = list_format(again);
        g_assert_true(g_bytes_equal(text, twice));
        g_assert_cmpuint(again->must_have->len, ==, RELATIONS_MAX);
        g_assert_cmpstr(list_service(again, "service-77")->version, ==, "1:2.0-3");
        g_assert_null(list_service(again, "service-0"));
        g_ptr_array_add(list->must_have, relation_new("one-more", NULL));
        g_autoptr(GBytes) more = list_format(list);
        g_assert_null(list_parse(more, "x", NULL));
}

static void a_long_list_is_refused(void)
{
        g_autofree char *text = g_malloc(LIST_MAX_BYTES + 1);
        memset(text, 'X', LIST_MAX_BYTES + 1);
        g_autoptr(GBytes) bytes = g_bytes_new(text, LIST_MAX_BYTES + 1);
        g_autoptr(GError) error = NULL;
        g_assert_null(list_parse(bytes, "x", &error));
        g_assert_cmpstr(error->message, ==, "x: it is longer than 1048576 bytes");
}

static void names_of_hosts_are_safe_file_names(void)
{
        static const char *const fine[] = {"a", "1", "library-1", "a.example.org", "a--b"};
        static const char *const bad[] = {"",     ".",    "..", "a/b", "-a",   "a-",   "a..b",
                                          ".a",   "a.",   "A",  "a b", "a_b",  "a\nb", "ä",
                                          "a.-b", "a-.b", "*",  "~",   "a.b/", "a\\b", "%41"};
        for (size_t i = 0; i < G_N_ELEMENTS(fine); i++)
                g_assert_true(host_name_is_valid(fine[i]));
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_false(host_name_is_valid(bad[i]));
        g_autofree char *longest = g_strnfill(HOST_NAME_MAX_CHARS, 'a');
        g_autofree char *longer = g_strnfill(HOST_NAME_MAX_CHARS + 1, 'a');
        g_assert_true(host_name_is_valid(longest) && !host_name_is_valid(longer));
}

static void keys_of_hosts_are_32_bytes(void)
{
        static const char *const bad[] = {
                "",
                "SHA256:",
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                "sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                KEY "=",
                "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9", /* bits beyond the last byte */
                "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
                "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH h",
        };
        g_assert_true(host_key_is_valid(KEY));
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_false(host_key_is_valid(bad[i]));
}

static void a_key_is_called_as_openssl_digests_it(void)
{
        uint8_t public_key[ED25519_BYTES];
        for (uint8_t i = 0; i < ED25519_BYTES; i++)
                public_key[i] = i;
        g_autofree char *key = host_key_format(public_key);
        g_assert_cmpstr(key, ==, "SHA256:lAhFeu/Qcc7BJ8H5hTmTCGGtG6lMlA25dclywJ/Gi2g");
        g_assert_true(host_key_is_valid(key));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("list", 30, run_case);
        g_test_add_func("/list/what_is_written_is_read_back", what_is_written_is_read_back);
        g_test_add_func("/list/a_long_list_is_refused", a_long_list_is_refused);
        g_test_add_func("/list/names_of_hosts_are_safe_file_names", names_of_hosts_are_safe_file_names);
        g_test_add_func("/list/keys_of_hosts_are_32_bytes", keys_of_hosts_are_32_bytes);
        g_test_add_func("/list/a_key_is_called_as_openssl_digests_it", a_key_is_called_as_openssl_digests_it);
        return g_test_run();
}
