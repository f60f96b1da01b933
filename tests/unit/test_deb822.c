/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deb822.h"

#include <string.h>

#include "errors.h"

/* What the visitor saw: "name=value;..." per paragraph, values with newlines as '|'. */
static bool note(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        GString *seen = user;
        for (size_t i = 0; i < paragraph->count; i++) {
                g_autofree char *name = span_dup(paragraph->fields[i].name);
                g_autofree char *value = span_dup(paragraph->fields[i].value);
                g_string_append_printf(seen, "%s=%s;", name, g_strdelimit(value, "\n", '|'));
        }
        g_string_append_c(seen, '#');
        return true;
}

static char *parse(const char *text, size_t size, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, size);
        g_autoptr(GString) seen = g_string_new(NULL);
        if (!deb822_parse(bytes, "file", note, seen, error))
                return NULL;
        return g_string_free(g_steal_pointer(&seen), false);
}

static void paragraphs_and_continuations_are_told_apart(void)
{
        static const struct {
                const char *text;
                const char *seen;
        } cases[] = {
                {"", ""},
                {"\n\n\n", ""},
                {"A: 1\n", "A=1;#"},
                {"A: 1", "A=1;#"},
                {"A:1\nB:  two words \t\n", "A=1;B=two words;#"},
                {"A:\n one\n  two\nB: x\n", "A=| one|  two;B=x;#"},
                {"A: 1\n\n\nB: 2\n", "A=1;#B=2;#"},
                {"\nA: 1\n .\n more\n\n", "A=1| .| more;#"},
                {"A: b: c\n", "A=b: c;#"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *seen = parse(cases[i].text, strlen(cases[i].text), &error);
                g_assert_no_error(error);
                g_assert_cmpstr(seen, ==, cases[i].seen);
        }
}

static void malformed_text_is_refused_with_its_line(void)
{
        static const struct {
                const char *text;
                size_t size; /* 0: to the NUL */
                const char *message;
        } cases[] = {
                {" A: 1\n", 0, "file:1: a continuation line without a field"},
                {"A: 1\nno colon\n", 0, "file:2: expected 'Field: value'"},
                {"A: 1\n: x\n", 0, "file:2: expected"},
                {"A B: 1\n", 0, "file:1: expected"},
                {"#A: 1\n", 0, "file:1: expected"},
                {"-A: 1\n", 0, "file:1: expected"},
                {"A: 1\n \t \n", 0, "file:2: a line of nothing but blanks"},
                {"A: 1\r\n", 0, "file:1: a NUL or CR"},
                {"A: 1\0x\n", 8, "file:1: a NUL or CR"},
                {"A: 1\nB: 2\na: 3\n", 0, "file:3: field 'a' occurs twice"},
                {"\xc3\xa4: 1\n", 0, "file:1: expected"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                size_t size = cases[i].size ? cases[i].size : strlen(cases[i].text);
                g_assert_null(parse(cases[i].text, size, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                g_assert_true(g_str_has_prefix(error->message, cases[i].message));
        }
}

static void the_same_field_in_two_paragraphs_is_fine(void)
{
        g_autofree char *seen = parse("A: 1\n\nA: 2\n", 11, NULL);
        g_assert_cmpstr(seen, ==, "A=1;#A=2;#");
}

static void too_many_fields_are_refused(void)
{
        g_autoptr(GString) text = g_string_new(NULL);
        for (int i = 0; i <= DEB822_FIELDS_MAX; i++)
                g_string_append_printf(text, "F%d: x\n", i);
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(text->str, text->len, &error));
        g_assert_nonnull(strstr(error->message, "too many fields"));
}

static void a_paragraph_too_long_is_refused(void)
{
        g_autoptr(GString) text = g_string_new("A: 1\n");
        while (text->len <= DEB822_PARAGRAPH_MAX_BYTES)
                g_string_append(text,
                                " a line of some hundred bytes that continues the field, again and again\n");
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(text->str, text->len, &error));
        g_assert_nonnull(strstr(error->message, "too long"));
}

static bool look(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        g_autofree char *one = deb822_line(paragraph, "ONE", error);
        g_assert_cmpstr(one, ==, "1");
        g_assert_null(deb822_find(paragraph, "On"));
        g_assert_null(deb822_optional_line(paragraph, "absent", error));
        g_assert_null(*error);
        g_assert_null(deb822_line(paragraph, "many", error));
        g_assert_true(error_is(*error, LAUTTA_ERROR_CORRUPT));
        g_clear_error(error);
        g_assert_null(deb822_line(paragraph, "empty", error));
        g_assert_true(error_is(*error, LAUTTA_ERROR_CORRUPT));
        g_clear_error(error);
        g_assert_null(deb822_line(paragraph, "absent", error));
        g_assert_true(error_is(*error, LAUTTA_ERROR_CORRUPT));
        g_clear_error(error);
        return fail(error, LAUTTA_ERROR_UNTRUSTED, "no");
}

static void fields_are_found_in_any_case_and_errors_get_the_line(void)
{
        static const char text[] = "\nOne: 1\nMany: a\n b\nEmpty:\n";
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
        g_autoptr(GError) error = NULL;
        g_assert_false(deb822_parse(bytes, "file", look, NULL, &error));
        g_assert_cmpstr(error->message, ==, "file:2: no");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/deb822/paragraphs_and_continuations_are_told_apart",
                        paragraphs_and_continuations_are_told_apart);
        g_test_add_func("/deb822/malformed_text_is_refused_with_its_line",
                        malformed_text_is_refused_with_its_line);
        g_test_add_func("/deb822/the_same_field_in_two_paragraphs_is_fine",
                        the_same_field_in_two_paragraphs_is_fine);
        g_test_add_func("/deb822/too_many_fields_are_refused", too_many_fields_are_refused);
        g_test_add_func("/deb822/a_paragraph_too_long_is_refused", a_paragraph_too_long_is_refused);
        g_test_add_func("/deb822/fields_are_found_in_any_case_and_errors_get_the_line",
                        fields_are_found_in_any_case_and_errors_get_the_line);
        return g_test_run();
}
