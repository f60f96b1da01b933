/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "repository.h"

#include <fcntl.h>
#include <string.h>

#include "debversion.h"
#include "depot.h"
#include "errors.h"
#include "freshness.h"
#include "home.h"
#include "keys.h"
#include "layout.h"
#include "repository_lock.h"
#include "repository_private.h"

static void bytes_free(void *bytes)
{
        g_bytes_unref(bytes);
}

GHashTable *repository_texts_new(void)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, bytes_free);
}

Repository *repository_new(const char *path)
{
        Repository *repository = g_new0(Repository, 1);
        repository->path = g_canonicalize_filename(path, NULL);
        repository->tmp = g_build_filename(repository->path, LAYOUT_TMP, NULL);
        repository->lock = -1;
        return repository;
}

Metadata repository_metadata(const Repository *repository)
{
        return (Metadata){repository->tree, repository->path, repository->tmp, repository->conf,
                          repository->date};
}

const char *repository_path(const Repository *repository)
{
        return repository->path;
}

const char *repository_origin(const Repository *repository)
{
        return repository->conf->origin;
}

const Tree *repository_tree(const Repository *repository)
{
        return repository->tree;
}

const char *repository_tmp(const Repository *repository)
{
        return repository->tmp;
}

RepositoryDates repository_dates(const Repository *repository)
{
        return (RepositoryDates){repository->date, repository->valid_until};
}

bool repository_has_former_key(const Repository *repository)
{
        return repository->has_former_key;
}

const GPtrArray *repository_entries(const Repository *repository)
{
        return repository->entries;
}

bool repository_load_conf(Repository *repository, GError **error)
{
        g_autofree char *path = g_build_filename(repository->path, LAYOUT_CONF, NULL);
        g_autoptr(GBytes) text = file_read(path, DEPOT_CONF_MAX_BYTES, error);
        repository->conf = text ? depot_conf_parse(text, error) : NULL;
        if (repository->conf)
                return true;
        if (text)
                g_prefix_error(error, "'%s': ", path);
        return false;
}

Repository *repository_open(const char *path, GError **error)
{
        if (strstr(path, "://")) {
                fail(error, LAUTTA_ERROR_USAGE, "'%s': a depot is written in its own directory, not by URL",
                     path);
                return NULL;
        }
        g_autoptr(Repository) repository = repository_new(path);
        if (repository_load_conf(repository, error))
                return g_steal_pointer(&repository);
        g_prefix_error(error, "'%s' is not a depot that can be written ('lautta init' makes one): ", path);
        return NULL;
}

/* Undo or finish the transaction, and remove its journal. */
bool repository_end_transaction(Repository *repository, GError **error)
{
        const Journal *journal = repository->journal;
        if (journal->change == REPOSITORY_REPLACE && !repository_compact_finish(repository, error))
                return false;
        /* A committed REMOVE removes its files; any other change removes them only if it is not committed. */
        bool takes_away =
                journal->change == REPOSITORY_REMOVE ? repository->committed : !repository->committed;
        for (guint i = journal->files->len; takes_away && i > 0; i--)
                if (!tree_remove(repository->tree, journal->files->pdata[i - 1], error))
                        return false;
        if (!tree_remove(repository->tree, LAYOUT_JOURNAL, error))
                return false;
        g_clear_pointer(&repository->journal, journal_free);
        return true;
}

void repository_free(Repository *repository)
{
        if (!repository)
                return;
        if (repository->journal)
                repository_end_transaction(repository, NULL);
        journal_free(repository->journal);
        depot_conf_free(repository->conf);
        g_clear_pointer(&repository->texts, g_hash_table_unref);
        g_clear_pointer(&repository->entries, g_ptr_array_unref);
        g_clear_pointer(&repository->doomed, g_ptr_array_unref);
        g_free(repository->state_path);
        tree_free(repository->tree);
        g_free(repository->tmp);
        g_free(repository->path);
        fd_close_auto(&repository->lock);
        g_free(repository);
}

bool repository_take_lock(Repository *repository, void (*waiting)(const char *holder, void *user), void *user,
                          GError **error)
{
        repository->tree = tree_open(repository->path, error);
        if (!repository->tree || !tree_make(repository->tree, LAYOUT_OWN, 0700, error))
                return false;
        int file = tree_open_file(repository->tree, LAYOUT_LOCK, O_RDWR | O_CREAT, error);
        repository->lock = file < 0 ? -1 : repository_lock_take(file, waiting, user, error);
        return repository->lock >= 0 && tree_remove_all(repository->tree, LAYOUT_TMP, error) &&
               tree_make(repository->tree, LAYOUT_TMP, 0700, error);
}

static bool check_key(const Repository *repository, const Keys *keys, GError **error)
{
        if (g_strv_contains((const char *const *)keys->releases, repository->conf->key))
                return true;
        g_autofree char *home = home_path(NULL);
        if (keys->is_public)
                return fail(
                        error, LAUTTA_ERROR_CONFLICT,
                        "depot '%s' is signed with key %s, which release.pgp in '%s' does not have: copy that file again from the publisher, or set LAUTTA_HOME",
                        repository->path, repository->conf->key, home);
        return fail(
                error, LAUTTA_ERROR_CONFLICT,
                "depot '%s' is signed with key %s, but the release key of '%s' is %s; set LAUTTA_HOME, or, if the former was withdrawn too early, take it back with 'lautta trust rotate release %s'",
                repository->path, repository->conf->key, home, keys->release, repository->conf->key);
}

/* Returns: owned path of the newest date of this depot that was seen with these keys. */
char *repository_find_state_path(const Repository *repository)
{
        g_autofree char *directory = home_path("state");
        const Release release = {.depot_id = repository->conf->id, .suite = repository->conf->suite};
        return freshness_path(directory, repository->conf->key, &release);
}

bool repository_take_entries(Repository *repository, GError **error)
{
        g_autoptr(GPtrArray) entries = packages_new();
        for (const char *const *architecture = metadata_architectures; *architecture; architecture++) {
                GBytes *text = g_hash_table_lookup(repository->texts, *architecture);
                GPtrArray *some = packages_parse(text, "Packages", *architecture, error);
                if (!some)
                        return false;
                g_ptr_array_extend_and_steal(entries, some);
        }
        g_ptr_array_sort(entries, package_entry_compare);
        g_clear_pointer(&repository->entries, g_ptr_array_unref);
        repository->entries = g_steal_pointer(&entries);
        return true;
}

/* Take the present release key for the next commit of a depot that a former key signed. depot.conf names the
 * new key only after that commit, so that until then only a state signed by the former key counts as
 * published. */
static bool take_key(Repository *repository, const char *key, const char *signer, GError **error)
{
        DepotConf *conf = repository->conf;
        if (strcmp(conf->key, key) == 0)
                return true;
        g_free(conf->key);
        conf->key = g_strdup(key);
        g_free(repository->state_path);
        repository->state_path = repository_find_state_path(repository);
        repository->has_former_key = strcmp(signer, key) != 0;
        return repository->has_former_key || repository_save_conf(repository, conf, error);
}

/* Verify the published state as any reader does. An attacker who can write to the tree must not get foreign
 * content signed by this operator, nor an older state signed again. */
static bool load_published(Repository *repository, const Keys *keys, GError **error)
{
        g_autofree char *keyring = keys_public_path("release");
        const char *const pinned[] = {repository->conf->key, keys->release, NULL};
        const DepotOptions options = {.suite = repository->conf->suite,
                                      .keyring = keyring,
                                      .pinned = pinned,
                                      .allow_expired = true};
        g_autoptr(Remote) remote = remote_open(repository->path, NULL, error);
        g_autoptr(Depot) depot = remote ? depot_open(remote, &options, error) : NULL;
        if (!depot) {
                g_prefix_error(error, "cannot use the published state: ");
                return false;
        }
        const Release *release = depot_release(depot);
        if (strcmp(release->depot_id, repository->conf->id) != 0)
                return fail(error, LAUTTA_ERROR_UNTRUSTED, "depot '%s': its InRelease is of another depot",
                            repository->path);
        repository->date = release->date;
        repository->valid_until = release->valid_until;
        repository->texts = repository_texts_new();
        for (const char *const *architecture = metadata_architectures; *architecture; architecture++) {
                GBytes *text = depot_packages_text(depot, *architecture);
                g_hash_table_insert(repository->texts, g_strdup(*architecture),
                                    text ? g_bytes_ref(text) : g_bytes_new(NULL, 0));
        }
        Metadata metadata = repository_metadata(repository);
        return repository_take_entries(repository, error) && metadata_finish(&metadata, release, error) &&
               take_key(repository, keys->release, depot_signer(depot), error);
}

bool repository_is_listed(const Repository *repository, const char *package_path, bool *listed,
                          GError **error)
{
        *listed = false;
        for (const char *const *architecture = metadata_architectures; *architecture && !*listed;
             architecture++)
                if (!packages_text_lists(g_hash_table_lookup(repository->texts, *architecture), package_path,
                                         listed, error))
                        return false;
        return true;
}

/* End the transaction of a killed writer. The published state shows whether it reached its commit. */
static bool recover(Repository *repository, GError **error)
{
        if (!journal_load(repository->tree, &repository->journal, error))
                return false;
        if (!repository->journal)
                return true;
        const Journal *journal = repository->journal;
        bool listed = false;
        if (journal->package_path && !repository_is_listed(repository, journal->package_path, &listed, error))
                return false;
        repository->committed = journal->change == REPOSITORY_REPLACE ||
                                (journal->change == REPOSITORY_REMOVE ? !listed : listed);
        return repository_end_transaction(repository, error);
}

bool repository_lock(Repository *repository, void (*waiting)(const char *holder, void *user), void *user,
                     GError **error)
{
        g_autoptr(Keys) keys = keys_load(error);
        if (!keys || !check_key(repository, keys, error) ||
            !repository_take_lock(repository, waiting, user, error))
                return false;
        repository->state_path = repository_find_state_path(repository);
        return load_published(repository, keys, error) && recover(repository, error);
}

bool repository_load_version(const Repository *repository, const PackageEntry *entry, Version *version,
                             GError **error)
{
        g_autoptr(Remote) remote = remote_open(repository_path(repository), NULL, error);
        return remote && version_load(remote, entry, version, error);
}
