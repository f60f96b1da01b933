/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "depot.h"

#include <string.h>
#include <zstd.h>

#include "debversion.h"
#include "depot_conf.h"
#include "errors.h"
#include "freshness.h"
#include "home.h"
#include "layout.h"
#include "signature.h"

struct Depot {
        Remote *remote; /* borrowed */
        char *suite;
        Release *release;
        char *signer;
        GPtrArray *entries;
        GHashTable *texts; /* architecture -> GBytes of its Packages file */
};

static void bytes_free(void *bytes)
{
        g_bytes_unref(bytes);
}

static void depot_clear(Depot *depot)
{
        g_clear_pointer(&depot->release, release_free);
        g_clear_pointer(&depot->signer, g_free);
        g_clear_pointer(&depot->entries, g_ptr_array_unref);
        g_clear_pointer(&depot->texts, g_hash_table_unref);
}

void depot_free(Depot *depot)
{
        if (!depot)
                return;
        depot_clear(depot);
        g_free(depot->suite);
        g_free(depot);
}

/* Verify a message, or only unwrap it where `allow_unverified` permits that. */
static GBytes *open_message(Depot *depot, GBytes *message, const DepotOptions *options, GError **error)
{
        if (options->keyring)
                return signature_open(message, options->keyring, options->pinned, &depot->signer, error);
        if (options->allow_unverified)
                return signature_open_unverified(message, error);
        fail(error, LAUTTA_ERROR_USAGE, "a keyring is needed to verify it");
        return NULL;
}

static char *state_path(const Depot *depot, const DepotOptions *options, const char *signer)
{
        g_autofree char *fallback = options->state_directory ? NULL : home_path("state");
        return freshness_path(fallback ? fallback : options->state_directory, signer, depot->release);
}

/* Read the newest date that any of the pinned keys has signed. The last state of a former key must not be
 * accepted after another key has replaced it. */
static bool read_newest(const Depot *depot, const DepotOptions *options, int64_t *newest, GError **error)
{
        g_autofree char *path = state_path(depot, options, depot->signer);
        if (!freshness_read(path, newest, error))
                return false;
        for (const char *const *key = options->pinned; key && *key; key++) {
                g_autofree char *other = state_path(depot, options, *key);
                int64_t seen = 0;
                if (!freshness_read(other, &seen, error))
                        return false;
                *newest = MAX(*newest, seen);
        }
        return true;
}

static bool check_freshness(const Depot *depot, const DepotOptions *options, GError **error)
{
        if (!depot->signer)
                return true;
        int64_t newest_seen = 0;
        int64_t now = g_get_real_time() / G_USEC_PER_SEC;
        return read_newest(depot, options, &newest_seen, error) &&
               release_check_dates(depot->release, now, newest_seen, options->allow_expired, error);
}

/* A mirror must not pass off another suite of the same key as this one. */
static bool check_suite(const Depot *depot, GError **error)
{
        if (strcmp(depot->release->suite, depot->suite) == 0 ||
            strcmp(depot->release->codename, depot->suite) == 0)
                return true;
        return fail(error, LAUTTA_ERROR_UNTRUSTED, "it is of suite '%s', not '%s'", depot->release->suite,
                    depot->suite);
}

static bool read_release(Depot *depot, const DepotOptions *options, GError **error)
{
        g_autofree char *path = layout_in_release_path(depot->suite);
        g_autoptr(GBytes) message = remote_read(depot->remote, path, RELEASE_MAX_BYTES, error);
        if (!message) {
                g_prefix_error(error, "depot '%s', suite '%s': ", remote_name(depot->remote), depot->suite);
                return false;
        }
        g_autoptr(GBytes) text = open_message(depot, message, options, error);
        depot->release = text ? release_parse(text, "InRelease", error) : NULL;
        if (depot->release && check_suite(depot, error) && check_freshness(depot, options, error))
                return true;
        g_prefix_error(error, "depot '%s', '%s': ", remote_name(depot->remote), path);
        return false;
}

static bool check_bytes(GBytes *bytes, const ReleaseFile *file, GError **error)
{
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), digest);
        if (g_bytes_get_size(bytes) == file->size_bytes && memcmp(digest, file->sha256, DIGEST_BYTES) == 0)
                return true;
        return fail(error, LAUTTA_ERROR_CORRUPT, "it does not have the size and digest that InRelease gives");
}

/* Returns: owned checked bytes of a file that InRelease lists. */
static GBytes *read_listed(const Depot *depot, const ReleaseFile *file, GError **error)
{
        g_autofree char *hex = digest_to_hex(file->sha256);
        g_autofree char *path = depot->release->by_hash ? layout_by_hash_path(depot->suite, file->path, hex)
                                                        : layout_release_file_path(depot->suite, file->path);
        if (file->size_bytes > PACKAGES_MAX_BYTES) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is larger than the %d bytes allowed", file->path,
                     PACKAGES_MAX_BYTES);
                return NULL;
        }
        g_autoptr(GBytes) bytes = remote_read(depot->remote, path, (size_t)file->size_bytes, error);
        if (bytes && check_bytes(bytes, file, error))
                return g_steal_pointer(&bytes);
        g_prefix_error(error, "'%s': ", file->path);
        return NULL;
}

/* Decompress to exactly the size that InRelease gives for the plain file. */
static GBytes *unpack(GBytes *packed, const ReleaseFile *plain, GError **error)
{
        if (plain->size_bytes > PACKAGES_MAX_BYTES) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is larger than the %d bytes allowed", plain->path,
                     PACKAGES_MAX_BYTES);
                return NULL;
        }
        g_autofree char *data = g_malloc((size_t)plain->size_bytes + 1);
        size_t size = ZSTD_decompress(data, (size_t)plain->size_bytes, g_bytes_get_data(packed, NULL),
                                      g_bytes_get_size(packed));
        if (ZSTD_isError(size)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s.zst': %s", plain->path, ZSTD_getErrorName(size));
                return NULL;
        }
        g_autoptr(GBytes) bytes = g_bytes_new_take(g_steal_pointer(&data), size);
        return check_bytes(bytes, plain, error) ? g_steal_pointer(&bytes) : NULL;
}

static GBytes *read_packages_text(const Depot *depot, const char *path, GError **error)
{
        const ReleaseFile *plain = release_find(depot->release, path);
        if (!plain) {
                fail(error, LAUTTA_ERROR_CORRUPT, "InRelease does not list '%s'", path);
                return NULL;
        }
        if (plain->size_bytes == 0) /* an empty file needs no request */
                return g_bytes_new(NULL, 0);
        g_autofree char *packed_path = g_strconcat(path, ".zst", NULL);
        const ReleaseFile *packed = release_find(depot->release, packed_path);
        if (!packed)
                return read_listed(depot, plain, error);
        g_autoptr(GBytes) bytes = read_listed(depot, packed, error);
        return bytes ? unpack(bytes, plain, error) : NULL;
}

static bool read_packages(Depot *depot, const char *architecture, GError **error)
{
        g_autofree char *path = g_strdup_printf("main/binary-%s/Packages", architecture);
        g_autoptr(GBytes) text = read_packages_text(depot, path, error);
        g_autoptr(GPtrArray) entries = text ? packages_parse(text, path, architecture, error) : NULL;
        if (!entries) {
                g_prefix_error(error, "depot '%s': ", remote_name(depot->remote));
                return false;
        }
        g_hash_table_insert(depot->texts, g_strdup(architecture), g_steal_pointer(&text));
        g_ptr_array_extend_and_steal(depot->entries, g_steal_pointer(&entries));
        return true;
}

static bool read_once(Depot *depot, const DepotOptions *options, GError **error)
{
        depot_clear(depot);
        depot->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, bytes_free);
        depot->entries = packages_new();
        if (!read_release(depot, options, error))
                return false;
        for (char **architecture = depot->release->architectures; *architecture; architecture++)
                if (architecture_is_valid(*architecture) &&
                    !g_hash_table_contains(depot->texts, *architecture) &&
                    !read_packages(depot, *architecture, error))
                        return false;
        g_ptr_array_sort(depot->entries, package_entry_compare);
        return true;
}

/* Without options->suite, the suite of a local depot comes from its depot.conf; for any other depot it is
 * "stable". */
static char *choose_suite(Remote *remote, const DepotOptions *options)
{
        if (options->suite)
                return g_strdup(options->suite);
        if (!g_str_has_prefix(remote_name(remote), "http:") &&
            !g_str_has_prefix(remote_name(remote), "https:")) {
                g_autoptr(GBytes) text = remote_read(remote, LAYOUT_CONF, DEPOT_CONF_MAX_BYTES, NULL);
                g_autoptr(DepotConf) conf = text ? depot_conf_parse(text, NULL) : NULL;
                if (conf)
                        return g_strdup(conf->suite);
        }
        return g_strdup("stable");
}

/* True if `why` can come from a commit between two reads, which another process may have seen already. */
static bool changed_meanwhile(const Depot *depot, const GError *why)
{
        if (!depot->release)
                return false;
        return error_is(why, LAUTTA_ERROR_NOT_FOUND) || error_is(why, LAUTTA_ERROR_UNTRUSTED);
}

/* Read the metadata. If an index file is absent, or the date is older than one seen by another process, the
 * depot may have changed between two reads: read it once more. */
static bool read_all(Depot *depot, const DepotOptions *options, GError **error)
{
        g_autoptr(GError) why = NULL;
        if (read_once(depot, options, &why))
                return true;
        if (changed_meanwhile(depot, why))
                return read_once(depot, options, error);
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

Depot *depot_open(Remote *remote, const DepotOptions *options, GError **error)
{
        g_autoptr(Depot) depot = g_new0(Depot, 1);
        depot->remote = remote;
        depot->suite = choose_suite(remote, options);
        if (!depot_suite_is_valid(depot->suite)) {
                fail(error, LAUTTA_ERROR_USAGE, "'%s' is not the name of a suite", depot->suite);
                return NULL;
        }
        if (!read_all(depot, options, error))
                return NULL;
        if (depot->signer && !options->only_look) {
                g_autofree char *path = state_path(depot, options, depot->signer);
                if (!freshness_record(path, depot->release->date, error))
                        return NULL;
        }
        return g_steal_pointer(&depot);
}

Remote *depot_remote(const Depot *depot)
{
        return depot->remote;
}

const Release *depot_release(const Depot *depot)
{
        return depot->release;
}

const char *depot_signer(const Depot *depot)
{
        return depot->signer;
}

const GPtrArray *depot_entries(const Depot *depot)
{
        return depot->entries;
}

GBytes *depot_packages_text(const Depot *depot, const char *architecture)
{
        return g_hash_table_lookup(depot->texts, architecture);
}
