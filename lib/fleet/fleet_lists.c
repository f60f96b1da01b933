/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_lists.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "files.h"
#include "fleet_settings_files.h"
#include "freshness.h"
#include "home.h"
#include "keys.h"
#include "layout.h"
#include "list_open.h"
#include "names.h"
#include "signature.h"
#include "tree.h"
#include "workers.h"

/* Returns: owned path of the record of the newest serial that this operator signed for a depot's host. */
static char *record_path(const char *depot_id, const char *host)
{
        g_autofree char *identity = g_strdup_printf("%s\n%s\n", depot_id, host);
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(identity, strlen(identity), digest);
        g_autofree char *hex = digest_to_hex(digest);
        g_autofree char *name = g_strdup_printf("state/list-%.32s", hex);
        return home_path(name);
}

/* --- reading */

char *fleet_list_path(const char *depot, const char *host)
{
        g_autofree char *path = layout_list_path(host);
        return g_build_filename(depot, path, NULL);
}

char *fleet_list_host(const char *file_name)
{
        if (!g_str_has_suffix(file_name, ".list"))
                return NULL;
        char *host = g_strndup(file_name, strlen(file_name) - strlen(".list"));
        return host_name_is_valid(host) ? host : (g_free(host), NULL);
}

/* The published list of one host. */
typedef struct {
        char *host;
        FleetBefore *before;
} Found;

static void found_free(void *data)
{
        Found *found = data;
        g_free(found->host);
        fleet_before_free(found->before);
        g_free(found);
}

typedef struct {
        const char *depot;
        const char *depot_id;
        const char *list_key;
        const char *keyring;
        GPtrArray *found; /* Found */
} Reading;

/* True if the file is no list of this operator; false for other failures, as a missing gpgv. */
static bool is_of_others(const GError *why)
{
        return error_is(why, LAUTTA_ERROR_UNTRUSTED) || error_is(why, LAUTTA_ERROR_CORRUPT);
}

static bool read_list(const Reading *reading, const char *path, Found *found, GError **error)
{
        g_autoptr(GBytes) message = file_read(path, SIGNATURE_MESSAGE_MAX_BYTES, error);
        g_autofree char *signer = NULL;
        g_autoptr(List) list =
                message ? list_open(message, path, reading->keyring, NULL, &signer, NULL, error) : NULL;
        if (!list)
                return false;
        if (strcmp(list->host, found->host) != 0)
                return fail(error, LAUTTA_ERROR_UNTRUSTED, "'%s' is the list of host '%s'", path, list->host);
        found->before->by_current_key = strcmp(signer, reading->list_key) == 0;
        found->before->list = g_steal_pointer(&list);
        return true;
}

static bool read_one(const Reading *reading, Found *found, GError **error)
{
        g_autofree char *path = fleet_list_path(reading->depot, found->host);
        g_autofree char *record = record_path(reading->depot_id, found->host);
        g_autoptr(GError) why = NULL;
        if (!freshness_read(record, &found->before->newest_serial, error))
                return false;
        if (!g_file_test(path, G_FILE_TEST_EXISTS) || read_list(reading, path, found, &why))
                return true;
        if (is_of_others(why)) {
                found->before->why = g_strdup(why->message);
                return true;
        }
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

static bool read_some(void *user, size_t first, size_t count, GError **error)
{
        const Reading *reading = user;
        for (size_t i = first; i < first + count; i++)
                if (!read_one(reading, reading->found->pdata[i], error))
                        return false;
        return true;
}

static void add_host(GHashTable *known, GPtrArray *found, const char *host)
{
        if (g_hash_table_contains(known, host))
                return;
        Found *one = g_new0(Found, 1);
        one->host = g_strdup(host);
        one->before = g_new0(FleetBefore, 1);
        g_ptr_array_add(found, one);
        g_hash_table_add(known, one->host);
}

/* Files whose names are no host's are ignored. */
static GPtrArray *find_hosts(const char *depot, const Fleet *fleet)
{
        GPtrArray *found = g_ptr_array_new_with_free_func(found_free);
        g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < fleet->hosts->len; i++)
                add_host(known, found, ((const FleetNode *)fleet->hosts->pdata[i])->name);
        g_autofree char *path = g_build_filename(depot, LAYOUT_LISTS, NULL);
        g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
        const char *name = NULL;
        while (directory && (name = g_dir_read_name(directory))) {
                g_autofree char *host = fleet_list_host(name);
                if (host)
                        add_host(known, found, host);
        }
        return found;
}

static void free_before(void *before)
{
        fleet_before_free(before);
}

GHashTable *fleet_lists_read(const char *depot, const char *depot_id, const Fleet *fleet,
                             const char *list_key, GError **error)
{
        g_autofree char *keyring = keys_public_path("lists");
        g_autoptr(GPtrArray) found = find_hosts(depot, fleet);
        Reading reading = {depot, depot_id, list_key, keyring, found};
        if (!workers_run(found->len, 4, read_some, &reading, error))
                return NULL;
        GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_before);
        for (guint i = 0; i < found->len; i++) {
                Found *one = found->pdata[i];
                g_hash_table_insert(table, g_steal_pointer(&one->host), g_steal_pointer(&one->before));
        }
        return table;
}

/* --- writing */

/* Web servers compare a file's time in whole seconds to see a change. The serial as time differs for each
 * list. */
static bool write_message(const char *path, GBytes *message, int64_t serial, GError **error)
{
        const struct timespec times[] = {{.tv_sec = serial}, {.tv_sec = serial}};
        if (!file_write_atomically(path, g_bytes_get_data(message, NULL), g_bytes_get_size(message), 0644,
                                   error))
                return false;
        return utimensat(AT_FDCWD, path, times, 0) == 0 || errno == EINVAL ||
               fail_errno(error, "cannot set the time of '%s'", path);
}

/* The serial is recorded first: after the loss of a signed list, the next one must not have a lower serial.
 */
static bool write_list(Repository *repository, const char *depot_id, const FleetStep *step, KeySigner *signer,
                       GError **error)
{
        g_autofree char *path = layout_list_path(step->host);
        g_autofree char *temporary = g_build_filename(repository_tmp(repository), "list", NULL);
        g_autofree char *record = record_path(depot_id, step->host);
        g_autoptr(GBytes) text = list_format(step->list);
        g_autoptr(GBytes) message = key_signer_sign(signer, text, error);
        return message && write_message(temporary, message, step->list->serial, error) &&
               freshness_record(record, step->list->serial, error) &&
               tree_place(repository_tree(repository), temporary, path, error);
}

static bool remove_list(Repository *repository, const FleetStep *step, GError **error)
{
        g_autofree char *path = layout_list_path(step->host);
        return tree_remove(repository_tree(repository), path, error);
}

static bool write_lists(Repository *repository, const char *depot_id, const GPtrArray *steps,
                        const char *list_key, GError **error)
{
        const char *const keys[] = {list_key, NULL};
        g_autoptr(KeySigner) signer = NULL;
        for (guint i = 0; i < steps->len; i++) {
                const FleetStep *step = steps->pdata[i];
                if (step->list && !signer && !(signer = key_signer_open(keys, error))) {
                        g_prefix_error(error, "lists must be signed by the list key: ");
                        return false;
                }
                if (!(step->list                      ? write_list(repository, depot_id, step, signer, error)
                      : step->action == FLEET_REMOVED ? remove_list(repository, step, error)
                                                      : true)) {
                        g_prefix_error(error, "host '%s': ", step->host);
                        return false;
                }
        }
        return true;
}

/* Settings are placed before the lists that name them and removed after them, so no list names a missing
 * file. */
bool fleet_lists_write(Repository *repository, const char *depot_id, const GPtrArray *steps,
                       GHashTable *before, const char *list_key, GError **error)
{
        return fleet_settings_place(repository, steps, error) &&
               write_lists(repository, depot_id, steps, list_key, error) &&
               fleet_settings_tidy(repository, steps, before, error);
}
