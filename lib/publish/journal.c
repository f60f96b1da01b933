/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deb822.h"
#include "errors.h"
#include "files.h"
#include "layout.h"

/* The first line of a journal, which names the change of its transaction. */
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

bool journal_save(const Journal *journal, const Tree *tree, const char *work, GError **error)
{
        g_autoptr(GString) text = g_string_new(headers[journal->change]);
        if (journal->package_path)
                g_string_append_printf(text, "\n%s", journal->package_path);
        for (guint i = 0; i < journal->files->len; i++)
                g_string_append_printf(text, "\n%s", (const char *)journal->files->pdata[i]);
        g_string_append_c(text, '\n');
        g_autofree char *temporary = g_build_filename(work, "transaction", NULL);
        return file_write_atomically(temporary, text->str, text->len, 0600, error) &&
               tree_place(tree, temporary, LAYOUT_JOURNAL, error);
}

bool journal_append(Journal *journal, const Tree *tree, const char *file, GError **error)
{
        g_autofd fd = tree_open_file(tree, LAYOUT_JOURNAL, O_WRONLY, error);
        struct stat st;
        if (fd < 0)
                return false;
        g_autofree char *line = g_strconcat(file, "\n", NULL);
        if (fstat(fd, &st) != 0)
                return fail_errno(error, "cannot look at '%s'", LAYOUT_JOURNAL);
        if (!fd_write_exactly(fd, line, strlen(line), (uint64_t)st.st_size, LAYOUT_JOURNAL, error))
                return false;
        if (fsync(fd) != 0)
                return fail_errno(error, "cannot sync '%s'", LAYOUT_JOURNAL);
        g_ptr_array_add(journal->files, g_strdup(file));
        return true;
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

/* True if the journal names a package before the files. */
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
        if (!good || complete < first || (first == 2 && !layout_is_transaction_path(lines[1]))) {
                fail(error, LAUTTA_ERROR_CORRUPT, "it is not the journal of a transaction");
                return NULL;
        }
        g_autoptr(Journal) journal = journal_new(change, first == 2 ? lines[1] : NULL);
        for (guint i = first; i < complete; i++) {
                if (!layout_is_transaction_path(lines[i])) {
                        fail(error, LAUTTA_ERROR_CORRUPT,
                             "line %u: '%s' is not a file that a writer places or removes", i + 1, lines[i]);
                        return NULL;
                }
                g_ptr_array_add(journal->files, g_strdup(lines[i]));
        }
        return g_steal_pointer(&journal);
}

/* Refuse a journal of another user: anyone who can write to the tree could have left it for this writer to
 * obey. */
static bool check_owner(int fd, GError **error)
{
        struct stat st;
        if (fstat(fd, &st) != 0)
                return fail_errno(error, "cannot look at it");
        return st.st_uid == geteuid() || st.st_uid == 0 ||
               fail(error, LAUTTA_ERROR_UNTRUSTED, "it belongs to user %u, but this process runs as user %u",
                    (unsigned)st.st_uid, (unsigned)geteuid());
}

static GBytes *read_journal(int fd, GError **error)
{
        struct stat st;
        if (fstat(fd, &st) != 0 || st.st_size > JOURNAL_MAX_BYTES) {
                fail(error, LAUTTA_ERROR_CORRUPT, "it is longer than the %d bytes allowed",
                     JOURNAL_MAX_BYTES);
                return NULL;
        }
        size_t size = (size_t)st.st_size;
        g_autofree char *text = g_malloc(size + 1);
        if (!fd_read_exactly(fd, text, size, 0, LAYOUT_JOURNAL, error))
                return NULL;
        return g_bytes_new_take(g_steal_pointer(&text), size);
}

static Journal *load_from(int fd, GError **error)
{
        g_autoptr(GBytes) bytes = check_owner(fd, error) ? read_journal(fd, error) : NULL;
        if (!bytes)
                return NULL;
        g_autofree char *text = span_dup(span_of(bytes));
        return journal_parse(text, error);
}

bool journal_load(const Tree *tree, Journal **journal, GError **error)
{
        *journal = NULL;
        if (!tree_has(tree, LAYOUT_JOURNAL))
                return true;
        g_autofd fd = tree_open_file(tree, LAYOUT_JOURNAL, O_RDONLY, error);
        if (fd < 0)
                return false;
        *journal = load_from(fd, error);
        if (!*journal)
                g_prefix_error(error,
                               "'%s' was not written by 'lautta': find out who can write to the depot, then "
                               "remove that file: ",
                               LAYOUT_JOURNAL);
        return *journal != NULL;
}
