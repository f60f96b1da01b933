/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of repository.h that changes what is published. */
#include <string.h>

#include "deb822.h"
#include "errors.h"
#include "freshness.h"
#include "layout.h"
#include "repository_private.h"
#include "service_package.h"

static bool check_begin(Repository *repository, RepositoryChange change, const char *package_path,
                        GError **error)
{
        bool listed = false;
        if (!repository_is_listed(repository, package_path, &listed, error))
                return false;
        if (change == REPOSITORY_REMOVE)
                return listed || fail(error, LAUTTA_ERROR_NOT_FOUND, "depot '%s' does not list '%s'",
                                      repository->path, package_path);
        if (listed)
                return fail(error, LAUTTA_ERROR_CONFLICT, "depot '%s' lists '%s' already", repository->path,
                            package_path);
        return !tree_has(repository->tree, package_path) ||
               fail(error, LAUTTA_ERROR_CONFLICT,
                    "'%s/%s' is in the way: it lies in the depot, but was never published", repository->path,
                    package_path);
}

bool repository_begin(Repository *repository, RepositoryChange change, const char *package_path,
                      GError **error)
{
        g_assert(repository->lock >= 0 && !repository->journal);
        if (change == REPOSITORY_COMPACT)
                return repository_compact_begin(repository, error);
        if (!check_begin(repository, change, package_path, error))
                return false;
        repository->committed = repository->package_placed = false;
        repository->journal = journal_new(change, package_path);
        if (journal_save(repository->journal, repository->tree, repository->tmp, error))
                return true;
        g_clear_pointer(&repository->journal, journal_free);
        return false;
}

static bool digest_file(const char *path, uint8_t digest[DIGEST_BYTES], GError **error)
{
        g_autoptr(GBytes) bytes = file_map(path, SERVICE_PACKAGE_MAX_BYTES, error);
        if (bytes)
                digest_sha256(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), digest);
        return bytes != NULL;
}

bool repository_place(Repository *repository, const char *temporary, const char *path, GError **error)
{
        g_assert(repository->journal && repository->journal->change != REPOSITORY_REMOVE);
        if (!layout_is_transaction_path(path))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a place for a file of a depot", path);
        if (repository->journal->change == REPOSITORY_COMPACT)
                return repository_compact_place(repository, temporary, path, error);
        bool is_package = strcmp(path, repository->journal->package_path) == 0;
        if (is_package && !digest_file(temporary, repository->package_sha256, error))
                return false;
        bool is_new = !tree_has(repository->tree, path);
        if ((is_new && !journal_append(repository->journal, repository->tree, path, error)) ||
            !tree_place(repository->tree, temporary, path, error))
                return false;
        repository->package_placed = repository->package_placed || is_package;
        return true;
}

bool repository_place_packs(Repository *repository, const GPtrArray *packs, GError **error)
{
        for (guint i = 0; i < packs->len; i++) {
                const PackFile *pack = g_ptr_array_index(packs, i);
                g_autofree char *list = layout_chunk_list_path(pack->name);
                g_autofree char *path = layout_pack_path(pack->name);
                if (!repository_place(repository, pack->list_path, list, error) ||
                    !repository_place(repository, pack->path, path, error))
                        return false;
        }
        return true;
}

bool repository_unplace(Repository *repository, const char *path, GError **error)
{
        g_assert(repository->journal && repository->journal->change != REPOSITORY_ADD);
        if (!layout_is_transaction_path(path))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a place for a file of a depot", path);
        if (repository->journal->change == REPOSITORY_COMPACT) {
                repository_compact_unplace(repository, path);
                return true;
        }
        return journal_append(repository->journal, repository->tree, path, error);
}

/* The Packages texts with the transaction's change, while they are made. */
typedef struct {
        GHashTable *texts;
        GBytes *paragraph; /* of an ADD */
        const char *expected_sha256;
} Update;

static bool add_paragraph(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        Update *update = user;
        g_autofree char *architecture = deb822_line(paragraph, "Architecture", error);
        g_autofree char *sha256 = architecture ? deb822_line(paragraph, "SHA256", error) : NULL;
        if (!sha256)
                return false;
        if (strcmp(sha256, update->expected_sha256) != 0)
                return fail(error, LAUTTA_ERROR_CORRUPT, "the package changed after it was placed");
        bool added = false;
        for (const char *const *wanted = metadata_architectures; *wanted; wanted++) {
                if (strcmp(architecture, *wanted) != 0 && strcmp(architecture, "all") != 0)
                        continue;
                GBytes *text = g_hash_table_lookup(update->texts, *wanted);
                g_hash_table_replace(update->texts, g_strdup(*wanted),
                                     packages_text_with(text, update->paragraph));
                added = true;
        }
        return added || fail(error, LAUTTA_ERROR_CORRUPT,
                             "a depot has no place for a package of architecture '%s'", architecture);
}

static bool add_package(Repository *repository, GHashTable *texts, GError **error)
{
        const char *path = repository->journal->package_path;
        if (!repository->package_placed)
                return fail(error, LAUTTA_ERROR_CONFLICT, "'%s' is not placed yet", path);
        g_autoptr(GBytes) paragraph = metadata_describe(repository->path, path, error);
        g_autofree char *sha256 = digest_to_hex(repository->package_sha256);
        Update update = {texts, paragraph, sha256};
        return paragraph && deb822_parse(paragraph, path, add_paragraph, &update, error);
}

static bool remove_package(Repository *repository, GHashTable *texts, GError **error)
{
        for (const char *const *architecture = metadata_architectures; *architecture; architecture++) {
                GBytes *text = packages_text_without(g_hash_table_lookup(texts, *architecture),
                                                     repository->journal->package_path, error);
                if (!text)
                        return false;
                g_hash_table_replace(texts, g_strdup(*architecture), text);
        }
        return repository_unplace(repository, repository->journal->package_path, error);
}

static GHashTable *changed_texts(Repository *repository, GError **error)
{
        g_autoptr(GHashTable) texts = repository_texts_new();
        GHashTableIter iter;
        void *architecture = NULL, *text = NULL;
        g_hash_table_iter_init(&iter, repository->texts);
        while (g_hash_table_iter_next(&iter, &architecture, &text))
                g_hash_table_insert(texts, g_strdup(architecture), g_bytes_ref(text));
        const Journal *journal = repository->journal;
        if (journal && !(journal->change == REPOSITORY_ADD ? add_package(repository, texts, error)
                                                           : remove_package(repository, texts, error)))
                return NULL;
        return g_steal_pointer(&texts);
}

/* Write depot.conf after the commit that replaced a former release key. */
static bool finish_key(Repository *repository, GError **error)
{
        if (!repository->has_former_key)
                return true;
        repository->has_former_key = false;
        return repository_save_conf(repository, repository->conf, error);
}

bool repository_commit(Repository *repository, GError **error)
{
        g_assert(repository->lock >= 0);
        if (repository->journal && repository->journal->change == REPOSITORY_COMPACT)
                return repository_compact_commit(repository, error);
        g_autoptr(GHashTable) texts = changed_texts(repository, error);
        if (!texts)
                return false;
        /* Readers must be able to distinguish two publications within a second. */
        repository->date = MAX(g_get_real_time() / G_USEC_PER_SEC, repository->date + 1);
        Metadata metadata = repository_metadata(repository);
        if (!metadata_publish(&metadata, texts, &repository->committed, error))
                return false;
        repository->valid_until = repository->date + (int64_t)repository->conf->valid_seconds;
        g_hash_table_unref(repository->texts);
        repository->texts = g_steal_pointer(&texts);
        return repository_take_entries(repository, error) &&
               (!repository->journal || repository_end_transaction(repository, error)) &&
               freshness_record(repository->state_path, repository->date, error) &&
               finish_key(repository, error);
}
