/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of verify.h that reads the packs. */
#include <string.h>

#include "errors.h"
#include "layout.h"
#include "verify_private.h"

static bool good_frame(void *user, const FrameWanted *wanted, const uint8_t *content, GError **error)
{
        (void)content, (void)error;
        Verification *verification = user;
        progress_add(verification->progress, "packs", wanted->place.size);
        return true;
}

static void bad_frame(void *user, const FrameWanted *wanted, const GError *why)
{
        Verification *verification = user;
        Pack *pack = g_ptr_array_index(verification->packs, wanted->place.pack);
        g_mutex_lock(&verification->lock);
        g_array_append_vals(pack->bad, wanted->id, 1);
        if (!pack->why)
                pack->why = g_strdup(why->message);
        g_mutex_unlock(&verification->lock);
}

static void raw_bytes(void *user, uint32_t number, const uint8_t *bytes, size_t size)
{
        Verification *verification = user;
        Pack *pack = g_ptr_array_index(verification->packs, number);
        digest_update(pack->digest, bytes, size);
}

static bool version_uses(const Version *version, GHashTable *bad)
{
        for (int blob = 0; blob < BLOB_COUNT; blob++) {
                const Index *index = version->indexes[blob];
                for (size_t i = 0; index && i < index_count(index); i++)
                        if (g_hash_table_contains(bad, index_id(index, i)))
                                return true;
        }
        return false;
}

/* Returns: owned text that describes the damage of the pack, or NULL. Finishes the pack's digest. */
static char *judge_pack(Pack *pack)
{
        uint8_t digest[DIGEST_BYTES], name[DIGEST_BYTES];
        digest_finish(pack->digest, digest);
        digest_from_hex(pack->name, name);
        if (pack->bad->len)
                return g_strdup_printf("%u chunks are damaged; the first: %s", pack->bad->len, pack->why);
        if (memcmp(digest, name, sizeof digest) != 0)
                return g_strdup("its digest differs from its name, though every chunk in it is good");
        if (pack->is_longer)
                return g_strdup("it is longer than it should be, though every chunk in it is good");
        return NULL;
}

/* Name the versions that need a bad chunk of the pack; their packages are read once more for that. */
static bool find_broken(Verification *verification, const Pack *pack, Damage *damage, GError **error)
{
        g_autoptr(GHashTable) bad = g_hash_table_new(chunk_id_hash, chunk_id_equal);
        for (guint i = 0; i < pack->bad->len; i++)
                g_hash_table_add(bad, &g_array_index(pack->bad, ChunkId, i));
        for (guint i = 0; pack->bad->len && i < verification->good->len; i++) {
                const PackageEntry *entry = g_ptr_array_index(verification->good, i);
                g_auto(Version) version = {0};
                if (!version_load(depot_remote(verification->depot), entry, &version, error))
                        return false;
                if (version_uses(&version, bad))
                        g_ptr_array_add(damage->breaks, version_title(entry));
        }
        return true;
}

static bool report_packs(Verification *verification, GError **error)
{
        for (guint i = 0; i < verification->packs->len; i++) {
                Pack *pack = g_ptr_array_index(verification->packs, i);
                g_autofree char *what = judge_pack(pack);
                g_autofree char *file = layout_pack_path(pack->name);
                if (what &&
                    !find_broken(verification, pack, verify_add_damage(verification, file, what), error))
                        return false;
        }
        return true;
}

/* Called for a byte beyond the expected end of a pack: the file is too long. */
static bool byte_beyond(void *user, size_t number, const uint8_t *bytes, size_t size, GError **error)
{
        (void)bytes, (void)size, (void)error;
        Verification *verification = user;
        ((Pack *)g_ptr_array_index(verification->packs, number))->is_longer = true;
        return true;
}

static bool no_byte_beyond(void *user, size_t number, const GError *why, GError **error)
{
        (void)user, (void)number, (void)why, (void)error;
        return true;
}

static bool check_pack_ends(Verification *verification, GError **error)
{
        guint count = verification->packs->len;
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        g_autofree RemoteRange *ranges = g_new0(RemoteRange, count + 1);
        for (guint i = 0; i < count; i++) {
                const Pack *pack = g_ptr_array_index(verification->packs, i);
                g_ptr_array_add(paths, layout_pack_path(pack->name));
                ranges[i] = (RemoteRange){g_ptr_array_index(paths, i), pack->bytes, 1};
        }
        RemoteSink sink = {byte_beyond, no_byte_beyond, verification};
        return remote_fetch(depot_remote(verification->depot), ranges, count, &sink, error);
}

bool verify_packs(Verification *verification, GError **error)
{
        GPtrArray *packs = verification->packs;
        VerifyResult *result = verification->result;
        g_autofree FramePack *frame_packs = g_new0(FramePack, packs->len + 1);
        for (guint i = 0; i < packs->len; i++) {
                const Pack *pack = g_ptr_array_index(packs, i);
                frame_packs[i] = (FramePack){pack->name, pack->bytes};
                result->pack_bytes += pack->bytes;
        }
        result->packs = packs->len;
        result->chunks = verification->wanted->len;
        result->dead_bytes = result->pack_bytes;
        for (guint i = 0; i < verification->wanted->len; i++) {
                uint64_t bytes = g_array_index(verification->wanted, FrameWanted, i).place.size;
                result->dead_bytes -= MIN(bytes, result->dead_bytes);
        }
        FrameFetch fetch = {.packs = frame_packs,
                            .pack_count = packs->len,
                            .pack_path = layout_pack_path,
                            .whole_packs = true,
                            .good = good_frame,
                            .bad = bad_frame,
                            .raw = raw_bytes,
                            .user = verification};
        progress_begin(verification->progress, "verifying", result->pack_bytes);
        bool good =
                framefetch_run(&fetch, depot_remote(verification->depot),
                               (FrameWanted *)verification->wanted->data, verification->wanted->len, error);
        progress_end(verification->progress);
        return good && check_pack_ends(verification, error) && report_packs(verification, error);
}
