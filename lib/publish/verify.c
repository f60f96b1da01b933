/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify.h"

#include <string.h>

#include "description.h"
#include "errors.h"
#include "layout.h"
#include "verify_private.h"

static void pack_free(void *data)
{
        Pack *pack = data;
        g_free(pack->name);
        digest_free(pack->digest);
        g_array_unref(pack->bad);
        g_free(pack->why);
        g_free(pack);
}

static void damage_free(void *data)
{
        Damage *damage = data;
        g_free(damage->file);
        g_free(damage->what);
        g_ptr_array_unref(damage->breaks);
        g_free(damage);
}

void verify_result_clear(VerifyResult *result)
{
        g_clear_pointer(&result->damages, g_ptr_array_unref);
}

static void bytes_free(void *bytes)
{
        g_bytes_unref(bytes);
}

static void verification_clear(Verification *verification)
{
        g_ptr_array_unref(verification->good);
        g_hash_table_unref(verification->sources);
        g_hash_table_unref(verification->checked);
        g_string_chunk_free(verification->ids);
        g_ptr_array_unref(verification->packs);
        g_hash_table_unref(verification->by_name);
        g_array_unref(verification->wanted);
        idtable_clear(&verification->table);
        g_mutex_clear(&verification->lock);
        depot_free(verification->depot);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verification, verification_clear)

static const uint8_t *key_of(const void *owner, uint32_t number)
{
        const Verification *verification = owner;
        return g_array_index(verification->wanted, FrameWanted, number).id->bytes;
}

Damage *verify_add_damage(Verification *verification, const char *file, const char *what)
{
        Damage *damage = g_new(Damage, 1);
        *damage = (Damage){g_strdup(file), g_strdup(what), g_ptr_array_new_with_free_func(g_free)};
        g_ptr_array_add(verification->result->damages, damage);
        return damage;
}

bool verify_report(Verification *verification, const char *file, const char *breaks, GError **failure,
                   GError **error)
{
        if (!error_is(*failure, LAUTTA_ERROR_CORRUPT) && !error_is(*failure, LAUTTA_ERROR_NOT_FOUND) &&
            !error_is(*failure, LAUTTA_ERROR_UNTRUSTED) && !error_is(*failure, LAUTTA_ERROR_USAGE)) {
                g_propagate_error(error, g_steal_pointer(failure));
                return false;
        }
        Damage *damage = verify_add_damage(verification, file, (*failure)->message);
        if (breaks)
                g_ptr_array_add(damage->breaks, g_strdup(breaks));
        g_clear_error(failure);
        return true;
}

/* Check an index file that InRelease names, under its name or by hash. */
static bool check_listed_file(Verification *verification, const char *path, const ReleaseFile *listed,
                              GError **error)
{
        g_autoptr(GError) failure = NULL;
        uint8_t digest[DIGEST_BYTES];
        g_autoptr(GBytes) bytes =
                remote_read(depot_remote(verification->depot), path, listed->size_bytes, &failure);
        if (!bytes)
                return verify_report(verification, path, "apt", &failure, error);
        digest_sha256(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), digest);
        if (g_bytes_get_size(bytes) != listed->size_bytes ||
            memcmp(digest, listed->sha256, sizeof digest) != 0)
                g_ptr_array_add(verify_add_damage(verification, path, "it differs from InRelease")->breaks,
                                g_strdup("apt"));
        return true;
}

static bool check_release(Verification *verification, GError **error)
{
        const Release *release = depot_release(verification->depot);
        for (guint i = 0; i < release->files->len; i++) {
                const ReleaseFile *listed = g_ptr_array_index(release->files, i);
                g_autofree char *hex = digest_to_hex(listed->sha256);
                g_autofree char *plain = layout_release_file_path(release->suite, listed->path);
                g_autofree char *by_hash = layout_by_hash_path(release->suite, listed->path, hex);
                if (!check_listed_file(verification, plain, listed, error) ||
                    (release->by_hash && !check_listed_file(verification, by_hash, listed, error)))
                        return false;
        }
        return true;
}

static bool check_description(const Version *version, GError **error)
{
        g_autoptr(ServiceDescription) description =
                description_parse(version->package->description, "service.yaml", ".", error);
        return description != NULL;
}

static uint32_t pack_number(Verification *verification, const char *name, uint64_t bytes)
{
        uint32_t number = GPOINTER_TO_UINT(g_hash_table_lookup(verification->by_name, name));
        if (number)
                return number - 1;
        Pack *pack = g_new0(Pack, 1);
        *pack = (Pack){.name = g_strdup(name),
                       .bytes = bytes,
                       .digest = digest_new(),
                       .bad = g_array_new(false, false, sizeof(ChunkId))};
        g_ptr_array_add(verification->packs, pack);
        g_hash_table_insert(verification->by_name, pack->name, GUINT_TO_POINTER(verification->packs->len));
        return verification->packs->len - 1;
}

/* Want the frame, unless the same chunk is wanted from the same place for another version. */
static void want(Verification *verification, const Index *index, size_t i, ChunkPlace place)
{
        const ChunkId *id = index_id(index, i);
        FrameWanted frame = {id, place, index_length(index, i), 0};
        uint32_t known = idtable_find(&verification->table, id->bytes);
        if (known != IDTABLE_NONE &&
            memcmp(&g_array_index(verification->wanted, FrameWanted, known).place, &place, sizeof place) == 0)
                return;
        frame.id =
                (const ChunkId *)g_string_chunk_insert_len(verification->ids, (const char *)id, sizeof *id);
        g_array_append_val(verification->wanted, frame);
        if (known == IDTABLE_NONE)
                idtable_put(&verification->table, verification->wanted->len - 1);
}

static bool want_blob(Verification *verification, const Locator *locator, const Index *index, GError **error)
{
        size_t count = 0, next = 0;
        const ChunkPlace *places = locator_places(locator, index, &count);
        for (size_t i = 0; i < index_count(index); i++) {
                if (index_is_zero(index, i))
                        continue;
                if (!places || next == count)
                        return fail(error, LAUTTA_ERROR_CORRUPT, "it does not fit the indexes");
                ChunkPlace place = places[next++];
                place.pack = pack_number(verification, locator_pack_name(locator, place.pack),
                                         locator_pack_bytes(locator, place.pack));
                want(verification, index, i, place);
        }
        return next == count || fail(error, LAUTTA_ERROR_CORRUPT, "it does not fit the indexes");
}

static bool want_version(Verification *verification, Version *version, GError **error)
{
        if (!version_load_locator(depot_remote(verification->depot), version, error))
                return false;
        for (size_t b = 0; b < version->blob_count; b++)
                if (!want_blob(verification, version->locator, version->blobs[b], error))
                        return false;
        return true;
}

static bool check_version(Verification *verification, PackageEntry *entry, GError **error)
{
        g_autoptr(GError) failure = NULL;
        g_auto(Version) version = {0};
        g_autofree char *title = version_title(entry);
        g_autofree char *locator = layout_locator_path(entry->service, entry->version, entry->architecture);
        if (!version_load(depot_remote(verification->depot), entry, &version, &failure) ||
            !check_description(&version, &failure))
                return verify_report(verification, entry->filename, title, &failure, error);
        if (!want_version(verification, &version, &failure))
                return verify_report(verification, locator, title, &failure, error);
        g_ptr_array_add(verification->good, entry);
        g_hash_table_insert(verification->sources, version_identity(&version), entry);
        return true;
}

bool verify_depot(Remote *remote, const DepotOptions *options, Progress *progress, VerifyResult *result,
                  GError **error)
{
        *result = (VerifyResult){.damages = g_ptr_array_new_with_free_func(damage_free)};
        g_auto(Verification) verification = {
                .result = result,
                .progress = progress,
                .good = g_ptr_array_new(),
                .sources = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, bytes_free, NULL),
                .checked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .ids = g_string_chunk_new(1 << 16),
                .packs = g_ptr_array_new_with_free_func(pack_free),
                .by_name = g_hash_table_new(g_str_hash, g_str_equal),
                .wanted = g_array_new(false, false, sizeof(FrameWanted)),
        };
        verification.table =
                (IdTable){.key_bytes = sizeof(ChunkId), .key_of = key_of, .owner = &verification};
        g_mutex_init(&verification.lock);
        verification.depot = depot_open(remote, options, error);
        if (!verification.depot || !check_release(&verification, error))
                return false;
        const GPtrArray *entries = depot_entries(verification.depot);
        result->versions = entries->len;
        for (guint i = 0; i < entries->len; i++)
                if (!check_version(&verification, g_ptr_array_index(entries, i), error))
                        return false;
        return verify_packs(&verification, error) && verify_deltas(&verification, error);
}
