/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of repository.h for a compaction. Locators cannot all be replaced in one step, and the packs of
 * the old locators must stay until the last is replaced. So new locators wait in .lautta/locators/. The
 * commit is the rename of a second journal over the first: after it the compaction is never undone, only
 * finished. */
#include <string.h>

#include "layout.h"
#include "repository_private.h"

bool repository_compact_begin(Repository *repository, GError **error)
{
        repository->committed = false;
        g_clear_pointer(&repository->doomed, g_ptr_array_unref);
        repository->doomed = g_ptr_array_new_with_free_func(g_free);
        repository->journal = journal_new(REPOSITORY_COMPACT, NULL);
        if (journal_save(repository->journal, repository->tree, repository->tmp, error))
                return true;
        g_clear_pointer(&repository->journal, journal_free);
        return false;
}

bool repository_compact_place(Repository *repository, const char *temporary, const char *path, GError **error)
{
        bool waits = g_str_has_prefix(path, LAYOUT_LOCATORS "/");
        g_autofree char *place = waits ? g_strconcat(LAYOUT_OWN "/", path, NULL) : g_strdup(path);
        return (tree_has(repository->tree, place) ||
                journal_append(repository->journal, repository->tree, place, error)) &&
               tree_place(repository->tree, temporary, place, error);
}

void repository_compact_unplace(Repository *repository, const char *path)
{
        g_ptr_array_add(repository->doomed, g_strdup(path));
}

/* Make the journal of a committed compaction: locators that take their places, then files to remove. */
static Journal *make_second_journal(const Repository *repository)
{
        Journal *second = journal_new(REPOSITORY_REPLACE, NULL);
        const GPtrArray *placed = repository->journal->files;
        for (guint i = 0; i < placed->len; i++)
                if (g_str_has_prefix(placed->pdata[i], LAYOUT_WAITING_LOCATORS "/"))
                        g_ptr_array_add(second->files, g_strdup(placed->pdata[i]));
        for (guint i = 0; i < repository->doomed->len; i++)
                g_ptr_array_add(second->files, g_strdup(repository->doomed->pdata[i]));
        return second;
}

bool repository_compact_commit(Repository *repository, GError **error)
{
        g_autoptr(Journal) second = make_second_journal(repository);
        if (!journal_save(second, repository->tree, repository->tmp, error))
                return false;
        journal_free(repository->journal);
        repository->journal = g_steal_pointer(&second);
        repository->committed = true;
        return repository_end_transaction(repository, error);
}

/* Move a waiting locator to its place. An absent file took its place before a kill. */
static bool replace_locator(const Repository *repository, const char *waiting, GError **error)
{
        g_autofree char *full = g_build_filename(repository->path, waiting, NULL);
        return !tree_has(repository->tree, waiting) ||
               tree_place(repository->tree, full, waiting + strlen(LAYOUT_OWN "/"), error);
}

bool repository_compact_finish(const Repository *repository, GError **error)
{
        const GPtrArray *files = repository->journal->files;
        for (guint i = 0; i < files->len; i++) {
                const char *path = files->pdata[i];
                bool waits = g_str_has_prefix(path, LAYOUT_WAITING_LOCATORS "/");
                if (!(waits ? replace_locator(repository, path, error)
                            : tree_remove(repository->tree, path, error)))
                        return false;
        }
        return tree_remove_all(repository->tree, LAYOUT_WAITING_LOCATORS, error);
}
