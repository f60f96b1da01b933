/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of repository.h that makes a depot. */
#include <string.h>

#include "errors.h"
#include "freshness.h"
#include "keys.h"
#include "layout.h"
#include "repository_private.h"

enum { DEFAULT_VALID_SECONDS = 365 * 24 * 3600, MIN_VALID_SECONDS = 60 };

/* A century is long enough, and keeps years within four digits. */
#define MAX_VALID_SECONDS (100ULL * 365 * 24 * 3600)

static RepositoryOptions with_defaults(const RepositoryOptions *options)
{
        RepositoryOptions complete = *options;
        if (!complete.suite)
                complete.suite = "stable";
        if (!complete.valid_seconds)
                complete.valid_seconds = DEFAULT_VALID_SECONDS;
        return complete;
}

bool repository_check_valid(uint64_t valid_seconds, GError **error)
{
        if (valid_seconds >= MIN_VALID_SECONDS && valid_seconds <= MAX_VALID_SECONDS)
                return true;
        return fail(error, LAUTTA_ERROR_USAGE, "a depot is valid for 60s at least, 36500d at most");
}

static bool check_options(const RepositoryOptions *options, GError **error)
{
        if (!depot_origin_is_valid(options->origin))
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' cannot be an origin: it is one line without quotes and backslashes",
                            options->origin);
        if (!depot_suite_is_valid(options->suite))
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' cannot be a suite: allowed are a-z, 0-9, '-' and '.'", options->suite);
        if (options->valid_seconds < MIN_VALID_SECONDS || options->valid_seconds > MAX_VALID_SECONDS)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "a depot is valid for a minute at least, 36500d at most");
        return true;
}

static bool has(const Repository *repository, const char *name)
{
        g_autofree char *path = g_build_filename(repository->path, name, NULL);
        return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

/* Refuse to write over anything but a depot that was begun and has no InRelease yet. */
static bool check_place(Repository *repository, GError **error)
{
        if (!has(repository, LAYOUT_CONF)) {
                static const char *const names[] = {LAYOUT_DISTS, LAYOUT_POOL, LAYOUT_PACKS, LAYOUT_LOCATORS,
                                                    LAYOUT_DELTAS};
                for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                        if (has(repository, names[i]))
                                return fail(
                                        error, LAUTTA_ERROR_CONFLICT,
                                        "'%s' has a directory '%s' that is not of a depot that can be written: choose another place, or move it away",
                                        repository->path, names[i]);
                return true;
        }
        if (!repository_load_conf(repository, error))
                return false;
        g_autofree char *in_release = layout_in_release_path(repository->conf->suite);
        if (!has(repository, in_release))
                return true;
        return fail(error, LAUTTA_ERROR_CONFLICT,
                    "'%s' is a depot already: 'lautta publish' adds to it, 'lautta refresh' signs it again",
                    repository->path);
}

bool repository_save_conf(Repository *repository, const DepotConf *conf, GError **error)
{
        g_autofree char *text = depot_conf_format(conf);
        g_autofree char *temporary = g_build_filename(repository->tmp, "depot.conf", NULL);
        return file_write_atomically(temporary, text, strlen(text), 0644, error) &&
               tree_place(repository->tree, temporary, LAYOUT_CONF, error);
}

bool repository_set_valid(Repository *repository, uint64_t valid_seconds, GError **error)
{
        if (!repository_check_valid(valid_seconds, error))
                return false;
        repository->conf->valid_seconds = valid_seconds;
        if (repository->has_former_key) /* the commit that changes the key saves it */
                return true;
        return repository_save_conf(repository, repository->conf, error);
}

/* Write depot.conf. The id of a depot that was begun stays, so that dates seen of it count. */
static bool write_conf(Repository *repository, const RepositoryOptions *options, GError **error)
{
        g_autoptr(Keys) keys = keys_load(error);
        if (!keys)
                return false;
        g_autoptr(DepotConf) conf = g_new0(DepotConf, 1);
        conf->id = repository->conf ? g_strdup(repository->conf->id) : g_uuid_string_random();
        conf->origin = g_strdup(options->origin);
        conf->suite = g_strdup(options->suite);
        conf->key = g_strdup(keys->release);
        conf->valid_seconds = options->valid_seconds;
        if (!repository_save_conf(repository, conf, error))
                return false;
        depot_conf_free(repository->conf);
        repository->conf = g_steal_pointer(&conf);
        return true;
}

static bool publish_nothing(Repository *repository, GError **error)
{
        repository->texts = repository_texts_new();
        for (const char *const *architecture = metadata_architectures; *architecture; architecture++)
                g_hash_table_insert(repository->texts, g_strdup(*architecture), g_bytes_new(NULL, 0));
        repository->state_path = repository_find_state_path(repository);
        return freshness_read(repository->state_path, &repository->date, error) &&
               repository_commit(repository, error);
}

bool repository_create(const char *path, const RepositoryOptions *options, GError **error)
{
        RepositoryOptions complete = with_defaults(options);
        if (strstr(path, "://"))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s': a depot is made in a directory, not at a URL",
                            path);
        if (!check_options(&complete, error))
                return false;
        g_autoptr(Repository) repository = repository_new(path);
        if (!check_place(repository, error))
                return false;
        if (!directory_make(repository->path, 0755, error) ||
            !repository_take_lock(repository, NULL, NULL, error))
                return false;
        g_clear_pointer(&repository->conf, depot_conf_free);
        return check_place(repository, error) && write_conf(repository, &complete, error) &&
               publish_nothing(repository, error);
}
