/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deb822.h"
#include "errors.h"
#include "files.h"

/* The first line of a journal says what its transaction does. */
static const char *const headers[] = {
        [REPOSITORY_ADD] = "lautta-transaction/1 add",
        [REPOSITORY_REMOVE] = "lautta-transaction/1 remove",
        [REPOSITORY_COMPACT] = "lautta-transaction/1 compact",
        [REPOSITORY_REPLACE] = "lautta-transaction/1 replace",
};

void journal_free(Journal *journal)
{
        if (!journal)
                return;
        g_free(journal->package_path);
        g_clear_pointer(&journal->files, g_ptr_array_unref);
        g_free(journal);
}

Journal *journal_new(RepositoryChange change, const char *package_path)
{
        Journal *journal = g_new0(Journal, 1);
        journal->change = change;
        journal->package_path = g_strdup(package_path);
        journal->files = g_ptr_array_new_with_free_func(g_free);
        return journal;
}

bool journal_save(const Journal *journal, const char *path, const char *work, GError **error)
{
        g_autoptr(GString) text = g_string_new(headers[journal->change]);
        if (journal->package_path)
                g_string_append_printf(text, "\n%s", journal->package_path);
        for (guint i = 0; i < journal->files->len; i++)
                g_string_append_printf(text, "\n%s", (const char *)journal->files->pdata[i]);
        g_string_append_c(text, '\n');
        g_autofree char *temporary = g_build_filename(work, "transaction", NULL);
        return file_write_atomically(temporary, text->str, text->len, 0600, error) &&
               file_commit(temporary, path, error);
}

bool journal_append(Journal *journal, const char *path, const char *file, GError **error)
{
        g_autofd fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        struct stat st;
        if (fd < 0 || fstat(fd, &st) != 0)
                return fail_errno(error, "cannot open '%s'", path);
        g_autofree char *line = g_strconcat(file, "\n", NULL);
        if (!fd_write_exactly(fd, line, strlen(line), (uint64_t)st.st_size, path, error))
                return false;
        if (fsync(fd) != 0)
                return fail_errno(error, "cannot sync '%s'", path);
        g_ptr_array_add(journal->files, g_strdup(file));
        return true;
}

bool journal_path_is_allowed(const char *path)
{
        static const char *const places[] = {"pool/",  "packs/",          "locators/",        "deltas/",
                                             "lists/", ".lautta/chunks/", ".lautta/locators/"};
        bool allowed = false;
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
                allowed = allowed || g_str_has_prefix(path, places[i]);
        return allowed && !strstr(path, "/.") && !strstr(path, "//") && !g_str_has_suffix(path, "/");
}

static bool parse_header(const char *line, RepositoryChange *change)
{
        for (size_t i = 0; i < G_N_ELEMENTS(headers); i++)
                if (strcmp(line, headers[i]) == 0) {
                        *change = (RepositoryChange)i;
                        return true;
                }
        return false;
}

/* A package that is added or removed is named before the files. */
static bool names_package(RepositoryChange change)
{
        return change == REPOSITORY_ADD || change == REPOSITORY_REMOVE;
}

Journal *journal_parse(const char *text, GError **error)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        guint complete = g_strv_length(lines) > 0 ? g_strv_length(lines) - 1 : 0;
        RepositoryChange change = REPOSITORY_ADD;
        bool good = complete >= 1 && parse_header(lines[0], &change);
        guint first = good && names_package(change) ? 2 : 1;
        if (!good || complete < first || (first == 2 && !journal_path_is_allowed(lines[1]))) {
                fail(error, LAUTTA_ERROR_CORRUPT, "it is not the record of a transaction");
                return NULL;
        }
        g_autoptr(Journal) journal = journal_new(change, first == 2 ? lines[1] : NULL);
        for (guint i = first; i < complete; i++) {
                if (!journal_path_is_allowed(lines[i])) {
                        fail(error, LAUTTA_ERROR_CORRUPT, "line %u: the path '%s' is not allowed", i + 1,
                             lines[i]);
                        return NULL;
                }
                g_ptr_array_add(journal->files, g_strdup(lines[i]));
        }
        return g_steal_pointer(&journal);
}

bool journal_load(const char *path, Journal **journal, GError **error)
{
        struct stat st;
        *journal = NULL;
        if (lstat(path, &st) != 0)
                return true;
        g_autoptr(GBytes) bytes = file_read(path, JOURNAL_MAX_BYTES, error);
        if (!bytes)
                return false;
        g_autofree char *text = span_dup(span_of(bytes));
        *journal = journal_parse(text, error);
        if (!*journal)
                g_prefix_error(error, "'%s': ", path);
        return *journal != NULL;
}
