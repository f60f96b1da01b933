/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/apt-decide.case: what is asked for and what is there; what is decided. Lines are
 *
 *     Must-Have: ... and other fields of a list
 *     has NAME; Depends: ...; Status: ...     fields of dpkg's status, where they are not the usual ones
 *     base NAME..., ours NAME..., kernel RELEASE, strict, max COUNT */
#include "apt_decide.h"

#include "cases.h"

#define LIST_HEAD                                                                                            \
        "Format: lautta-list/1\nHost: a\nHost-Key: SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"     \
        "Serial: 1\nDate: 2026-01-01T00:00:00Z\nValid-Until: 2027-01-01T00:00:00Z\n"                         \
        "Depot-Date-Min: 2026-01-01T00:00:00Z\n"

/* Returns: owned paragraph. */
static char *status_paragraph(const char *line)
{
        static const char *const usual[][2] = {
                {"Status: ", "install ok installed"}, {"Version: ", "1.0"}, {"Architecture: ", "amd64"}};
        g_auto(GStrv) parts = g_strsplit(line, "; ", -1);
        GString *text = g_string_new(NULL);
        g_string_append_printf(text, "Package: %s\n", parts[0]);
        for (char **field = parts + 1; *field; field++)
                g_string_append_printf(text, "%s\n", *field);
        for (size_t i = 0; i < G_N_ELEMENTS(usual); i++)
                if (!strstr(text->str, usual[i][0]))
                        g_string_append_printf(text, "%s%s\n", usual[i][0], usual[i][1]);
        g_string_append_c(text, '\n');
        return g_string_free(text, false);
}

static void add_names(GHashTable *set, const char *names)
{
        g_auto(GStrv) words = g_strsplit(names, " ", -1);
        for (char **word = words; *word; word++)
                g_hash_table_add(set, g_strdup(*word));
}

/* What a case says, before it is read. */
typedef struct {
        AptQuestion question;
        GString *list;
        GString *status;
} Input;

static void take_line(Input *input, const char *line)
{
        if (g_str_has_prefix(line, "has ")) {
                g_autofree char *paragraph = status_paragraph(line + 4);
                g_string_append(input->status, paragraph);
        } else if (g_str_has_prefix(line, "base ")) {
                add_names(input->question.base, line + 5);
        } else if (g_str_has_prefix(line, "ours ")) {
                add_names(input->question.ours, line + 5);
        } else if (g_str_has_prefix(line, "kernel ")) {
                input->question.running_kernel = line + 7;
        } else if (g_str_has_prefix(line, "max ")) {
                input->question.max_removals = (unsigned)g_ascii_strtoull(line + 4, NULL, 10);
        } else if (strcmp(line, "strict") == 0) {
                input->question.strict = true;
        } else if (*line) {
                g_string_append_printf(input->list, "%s\n", line);
        }
}

static void tell(GString *out, const char *what, const GPtrArray *texts)
{
        for (guint i = 0; i < texts->len; i++)
                g_string_append_printf(out, "%s%s %s", out->len ? "\n" : "", what,
                                       (const char *)g_ptr_array_index(texts, i));
}

static void check(const Case *one, const AptQuestion *question)
{
        g_autoptr(AptDecision) decision = apt_decide(question);
        g_autoptr(GString) out = g_string_new(NULL);
        tell(out, "install", decision->install);
        tell(out, "keep", decision->keep);
        tell(out, "remove", decision->remove);
        tell(out, "refused", decision->refused);
        g_assert_cmpstr(out->str, ==, one->expected);
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_assert_cmpstr(one->kind, ==, "decision");
        g_autoptr(GHashTable) base = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable) ours = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GString) list_text = g_string_new(LIST_HEAD);
        g_autoptr(GString) status_text = g_string_new(NULL);
        Input input = {{.base = base, .ours = ours, .max_removals = 10}, list_text, status_text};
        g_auto(GStrv) lines = g_strsplit(one->input, "\n", -1);
        for (char **line = lines; *line; line++)
                take_line(&input, *line);

        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) list_bytes = g_bytes_new_static(list_text->str, list_text->len);
        g_autoptr(GBytes) status_bytes = g_bytes_new_static(status_text->str, status_text->len);
        g_autoptr(List) list = list_parse(list_bytes, "list", &error);
        g_assert_no_error(error);
        g_autoptr(DpkgStatus) status = dpkg_status_parse(status_bytes, "status", &error);
        g_assert_no_error(error);
        input.question.list = list;
        input.question.status = status;
        check(one, &input.question);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("apt-decide", 30, run_case);
        return g_test_run();
}
