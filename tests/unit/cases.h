/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests that are paragraphs of text: each file $CASES/NAME*.case holds cases of the form
 *
 *     === one sentence, the test's name
 *     (input lines)
 *     --- kind
 *     (what must come out)
 *
 * What stands before the first case is a comment. */
#pragma once

#include <glib.h>
#include <string.h>

typedef struct {
        char *input;    /* with its last newline */
        char *kind;     /* the word after "---" */
        char *expected; /* without blanks and newlines around it */
} Case;

/* Returns: owned input, in which `good` stands for each line GOOD. */
static inline GBytes *case_expand(const Case *one, const char *good)
{
        g_auto(GStrv) parts = g_strsplit(one->input, "GOOD\n", -1);
        char *text = g_strjoinv(good, parts);
        return g_bytes_new_take(text, strlen(text));
}

static inline void case_free(void *data)
{
        Case *one = data;
        g_free(one->input);
        g_free(one->kind);
        g_free(one->expected);
        g_free(one);
}

static inline void case_add(const char *suite, const char *text, GTestDataFunc run)
{
        g_autofree char *whole = g_strconcat(text, "\n", NULL);
        const char *body = strchr(whole, '\n') + 1;
        const char *rule = g_str_has_prefix(body, "--- ") ? body : strstr(body, "\n--- ");
        if (!rule)
                g_error("no '---' in the case: %s", text);
        rule += *rule == '\n';
        const char *expected = strchr(rule, '\n');
        Case *one = g_new0(Case, 1);
        one->input = g_strndup(body, (size_t)(rule - body));
        one->kind = g_strstrip(g_strndup(rule + 4, (size_t)(expected - rule - 4)));
        one->expected = g_strstrip(g_strdup(expected));
        g_autofree char *name = g_strndup(whole, (size_t)(body - 1 - whole));
        g_strdelimit(name, " /", '_');
        g_autofree char *path = g_strconcat("/", suite, "/", name, NULL);
        g_test_add_data_func_full(path, one, run, case_free);
}

/* Add a test for each case; at least `least` of them must be there. */
static inline void cases_add(const char *suite, guint least, GTestDataFunc run)
{
        const char *directory = g_getenv("CASES");
        g_assert_nonnull(directory);
        g_autoptr(GDir) files = g_dir_open(directory, 0, NULL);
        g_autofree char *longer = g_strconcat(suite, "-", NULL);
        guint count = 0;
        const char *name = NULL;
        while ((name = g_dir_read_name(files))) {
                g_autofree char *stem = g_strndup(name, strcspn(name, "."));
                if (strcmp(stem, suite) != 0 && !g_str_has_prefix(stem, longer))
                        continue;
                g_autofree char *path = g_build_filename(directory, name, NULL);
                g_autofree char *text = NULL;
                g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
                g_auto(GStrv) parts = g_strsplit(text, "\n=== ", -1);
                for (char **part = parts + 1; *part; part++, count++)
                        case_add(suite, *part, run);
        }
        g_assert_cmpuint(count, >=, least);
}
