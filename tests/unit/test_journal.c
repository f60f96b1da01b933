/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <string.h>

#include "errors.h"
#include "files.h"
#include "layout.h"

#define PACKAGE "pool/main/w/web/web_1.0_amd64.deb"

static void what_is_written_is_read(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *work = g_build_filename(directory, LAYOUT_TMP, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Tree) tree = tree_open(directory, &error);
        g_assert_true(tree_make(tree, LAYOUT_TMP, 0700, &error));
        g_autoptr(Journal) none = NULL;
        g_assert_true(journal_load(tree, &none, &error));
        g_assert_null(none);
        g_autoptr(Journal) written = journal_new(REPOSITORY_REMOVE, PACKAGE);
        g_assert_true(journal_save(written, tree, work, &error));
        g_assert_true(journal_append(written, tree, "packs/a.pack", &error));
        g_assert_true(journal_append(written, tree, "locators/b.locator", &error));
        g_autoptr(Journal) read = NULL;
        g_assert_true(journal_load(tree, &read, &error));
        g_assert_no_error(error);
        g_assert_cmpint(read->change, ==, REPOSITORY_REMOVE);
        g_assert_cmpstr(read->package_path, ==, PACKAGE);
        g_assert_cmpuint(read->files->len, ==, 2);
        g_assert_cmpstr(read->files->pdata[1], ==, "locators/b.locator");
}

static void a_last_line_that_was_cut_short_does_not_count(void)
{
        static const char whole[] = "lautta-transaction/1 add\n" PACKAGE "\npacks/a.pack\n";
        for (size_t cut = strlen(whole) - strlen("packs/a.pack\n"); cut < strlen(whole); cut++) {
                g_autofree char *text = g_strndup(whole, cut);
                g_autoptr(Journal) journal = journal_parse(text, NULL);
                g_assert_cmpuint(journal->files->len, ==, 0);
        }
        g_autoptr(Journal) journal = journal_parse(whole, NULL);
        g_assert_cmpuint(journal->files->len, ==, 1);
}

static void a_compaction_names_no_package(void)
{
        g_autoptr(Journal) none = journal_parse("lautta-transaction/1 replace\n", NULL);
        g_assert_cmpuint(none->files->len, ==, 0);
        g_autoptr(Journal) journal = journal_parse("lautta-transaction/1 compact\npacks/a.pack\n", NULL);
        g_assert_cmpint(journal->change, ==, REPOSITORY_COMPACT);
        g_assert_null(journal->package_path);
        g_assert_cmpstr(journal->files->pdata[0], ==, "packs/a.pack");
}

static void a_journal_that_is_none_is_refused(void)
{
        static const char *const bad[] = {
                "",
                "\n",
                "lautta-transaction/1 add\n",
                "lautta-transaction/1 add\n" PACKAGE,
                "lautta-transaction/2 add\n" PACKAGE "\n",
                "lautta-transaction/1 eat\n" PACKAGE "\n",
                "lautta-transaction/1 add\n/etc/passwd\n",
                "lautta-transaction/1 add\n" PACKAGE "\n/etc/passwd\n",
                "lautta-transaction/1 add\n" PACKAGE "\n../x\n",
                "lautta-transaction/1 add\n" PACKAGE "\npool/../../x\n",
                "lautta-transaction/1 add\n" PACKAGE "\npool/\n",
                "lautta-transaction/1 add\n" PACKAGE "\n\n",
                "lautta-transaction/1 replace",
                "lautta-transaction/1 compact\npacks/a\n",
                "lautta-transaction/1 compact\npacks/x/a.pack\n",
                "lautta-transaction/1 compact\nlists/host.list\n",
                "lautta-transaction/1 compact\npool/l/precious\n",
                "lautta-transaction/1 compact\ndeltas/.delta\n",
                "lautta-transaction/1 compact\ndeltas/a b.delta\n",
                "lautta-transaction/1 replace\n.lautta/depot.conf\n",
                "lautta-transaction/1 replace\n.lautta/locators/../depot.conf\n",
                "lautta-transaction/1 add\n" PACKAGE "\ndists/stable/InRelease\n",
                "lautta-transaction/1 add\n" PACKAGE "\n.lautta/depot.conf\n",
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(journal_parse(bad[i], &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/journal/what_is_written_is_read", what_is_written_is_read);
        g_test_add_func("/journal/a_last_line_that_was_cut_short_does_not_count",
                        a_last_line_that_was_cut_short_does_not_count);
        g_test_add_func("/journal/a_compaction_names_no_package", a_compaction_names_no_package);
        g_test_add_func("/journal/a_journal_that_is_none_is_refused", a_journal_that_is_none_is_refused);
        return g_test_run();
}
