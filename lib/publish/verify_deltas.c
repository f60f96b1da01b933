/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of verify.h that checks the deltas: their bytes, their tables, and the chunks that their windows
 * give. The chunks of prefixes are read from packs. One window at a time bounds the memory. */
#include <string.h>

#include "errors.h"
#include "layout.h"
#include "verify_private.h"

#define HARMLESS "; versions do not need it, only updates take longer without"

/* One delta under way. */
typedef struct {
        Verification *verification;
        Version *target;
        const LocatorDelta *delta;
        char *path;
        Version source; /* empty if it is no longer published */
        DeltaTable *table;
        Digest *digest;    /* of the bytes of the file so far */
        GByteArray *frame; /* of the window under way */
        uint8_t *prefix;
        gint prefix_is_bad; /* because of a damaged pack; atomic */
} DeltaCheck;

static void delta_check_clear(DeltaCheck *check)
{
        delta_table_free(check->table);
        version_clear(&check->source);
        digest_free(check->digest);
        g_byte_array_unref(check->frame);
        g_free(check->prefix);
        g_free(check->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DeltaCheck, delta_check_clear)

static Remote *remote_of(const DeltaCheck *check)
{
        return depot_remote(check->verification->depot);
}

/* --- the file --- */

static bool take_bytes(void *user, size_t range, const uint8_t *bytes, size_t size, GError **error)
{
        (void)range, (void)error;
        DeltaCheck *check = user;
        digest_update(check->digest, bytes, size);
        if (check->table)
                g_byte_array_append(check->frame, bytes, (guint)size);
        progress_add(check->verification->progress, "deltas", size);
        return true;
}

static bool read_bytes(DeltaCheck *check, uint64_t offset, uint64_t length, GError **error)
{
        g_byte_array_set_size(check->frame, 0);
        RemoteRange range = {check->path, offset, length};
        RemoteSink sink = {.data = take_bytes, .user = check};
        return remote_fetch(remote_of(check), &range, 1, &sink, error);
}

static bool note_byte(void *user, size_t range, const uint8_t *bytes, size_t size, GError **error)
{
        (void)range, (void)bytes, (void)size, (void)error;
        *(bool *)user = true;
        return true;
}

static bool note_none(void *user, size_t range, const GError *why, GError **error)
{
        (void)user, (void)range, (void)why, (void)error;
        return true;
}

/* Check the digest, after the whole file has been read. */
static bool check_digest(DeltaCheck *check, GError **error)
{
        uint8_t digest[DIGEST_BYTES], name[DIGEST_BYTES];
        bool is_longer = false;
        RemoteRange range = {check->path, check->delta->bytes, 1};
        RemoteSink sink = {note_byte, note_none, &is_longer};
        if (!remote_fetch(remote_of(check), &range, 1, &sink, error))
                return false;
        digest_finish(check->digest, digest);
        digest_from_hex(check->delta->name, name);
        if (is_longer)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it is longer than it should be");
        return memcmp(digest, name, sizeof digest) == 0 ||
               fail(error, LAUTTA_ERROR_CORRUPT, "its digest differs from its name");
}

/* --- the windows --- */

/* A further offset of a chunk in the prefix: a chunk that occurs more than once is read once and copied. */
typedef struct {
        uint32_t from, to, length;
} Copy;

typedef struct {
        GArray *wanted;      /* FrameWanted; the tag is the offset in the prefix */
        GArray *copies;      /* Copy */
        GHashTable *offsets; /* ChunkId -> offset plus one */
        uint32_t used;
} PrefixPlan;

static void prefix_plan_clear(PrefixPlan *plan)
{
        g_array_unref(plan->wanted);
        g_array_unref(plan->copies);
        g_hash_table_unref(plan->offsets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PrefixPlan, prefix_plan_clear)

static void plan_chunk(PrefixPlan *plan, const Index *index, size_t i, ChunkPlace place)
{
        uint32_t length = index_length(index, i);
        void *id = (void *)index_id(index, i);
        uint32_t before = GPOINTER_TO_UINT(g_hash_table_lookup(plan->offsets, id));
        if (before) {
                Copy copy = {before - 1, plan->used, length};
                g_array_append_val(plan->copies, copy);
        } else {
                FrameWanted frame = {id, place, length, plan->used};
                g_array_append_val(plan->wanted, frame);
                g_hash_table_insert(plan->offsets, id, GUINT_TO_POINTER(plan->used + 1));
        }
        plan->used += length;
}

/* Counts data chunks of a blob, since places are those of data chunks only. */
typedef struct {
        const Index *index;
        size_t chunk, data;
} DataCount;

/* Returns the number of data chunks before chunk `end`. Runs mostly go forward, so counting continues from
 * the previous call. */
static size_t count_data_before(DataCount *count, const Index *index, size_t end)
{
        if (count->index != index || count->chunk > end)
                *count = (DataCount){.index = index};
        for (; count->chunk < end; count->chunk++)
                count->data += !index_is_zero(index, count->chunk);
        return count->data;
}

static void plan_prefix(DeltaCheck *check, const GArray *runs, PrefixPlan *plan)
{
        DataCount before = {0};
        for (guint r = 0; r < runs->len; r++) {
                const DeltaRun *run = &g_array_index(runs, DeltaRun, r);
                const Index *index = check->source.blobs[run->blob];
                size_t count = 0, at = count_data_before(&before, index, run->first);
                const ChunkPlace *places = locator_places(check->source.locator, index, &count);
                for (uint32_t i = run->first; i < run->first + run->count; i++, at++) {
                        if (at < count)
                                plan_chunk(plan, index, i, places[at]);
                        else
                                check->prefix_is_bad = true;
                }
        }
}

static bool good_chunk(void *user, const FrameWanted *wanted, const uint8_t *content, GError **error)
{
        (void)error;
        DeltaCheck *check = user;
        memcpy(check->prefix + wanted->tag, content, wanted->length);
        return true;
}

static void bad_chunk(void *user, const FrameWanted *wanted, const GError *why)
{
        (void)wanted, (void)why;
        DeltaCheck *check = user;
        g_atomic_int_set(&check->prefix_is_bad, true);
}

static bool read_prefix(DeltaCheck *check, const GArray *runs, GError **error)
{
        g_auto(PrefixPlan) plan = {.wanted = g_array_new(false, false, sizeof(FrameWanted)),
                                   .copies = g_array_new(false, false, sizeof(Copy)),
                                   .offsets = g_hash_table_new(chunk_id_hash, chunk_id_equal)};
        check->prefix_is_bad = false;
        plan_prefix(check, runs, &plan);
        const Locator *locator = check->source.locator;
        g_autofree FramePack *packs = framefetch_packs(locator);
        FrameFetch fetch = {.packs = packs,
                            .pack_count = locator_pack_count(locator),
                            .pack_path = layout_pack_path,
                            .good = good_chunk,
                            .bad = bad_chunk,
                            .user = check};
        if (!framefetch_run(&fetch, remote_of(check), (FrameWanted *)plan.wanted->data, plan.wanted->len,
                            error))
                return false;
        for (guint i = 0; i < plan.copies->len; i++) {
                const Copy *copy = &g_array_index(plan.copies, Copy, i);
                memcpy(check->prefix + copy->to, check->prefix + copy->from, copy->length);
        }
        return true;
}

static bool check_content(const DeltaCheck *check, const GArray *runs, const uint8_t *content, GError **error)
{
        for (guint r = 0; r < runs->len; r++) {
                const DeltaRun *run = &g_array_index(runs, DeltaRun, r);
                const Index *index = check->target->blobs[run->blob];
                for (uint32_t i = run->first; i < run->first + run->count; i++) {
                        ChunkId id;
                        digest_sha256(content, index_length(index, i), id.bytes);
                        if (memcmp(&id, index_id(index, i), sizeof id) != 0)
                                return fail(error, LAUTTA_ERROR_CORRUPT, "chunk %u comes out wrong", i);
                        content += index_length(index, i);
                }
        }
        return true;
}

static bool check_window(DeltaCheck *check, size_t i, GError **error)
{
        const DeltaWindow *window = delta_table_window(check->table, i);
        g_autoptr(GArray) content_runs = g_array_new(false, false, sizeof(DeltaRun));
        g_autoptr(GArray) prefix_runs = g_array_new(false, false, sizeof(DeltaRun));
        delta_table_runs(check->table, i, content_runs, prefix_runs);
        if (!read_bytes(check, window->offset, window->frame_bytes, error) ||
            !read_prefix(check, prefix_runs, error))
                return false;
        if (g_atomic_int_get(&check->prefix_is_bad))
                return true;
        g_autofree uint8_t *content = g_malloc(window->content_bytes);
        if (delta_decode(check->frame->data, check->frame->len, check->prefix, window->prefix_bytes, content,
                         window->content_bytes, error) &&
            check_content(check, content_runs, content, error))
                return true;
        g_prefix_error(error, "window %zu: ", i);
        return false;
}

static bool check_file(DeltaCheck *check, GError **error)
{
        if (!check->table)
                return read_bytes(check, 0, check->delta->bytes, error) && check_digest(check, error);
        check->prefix = g_malloc(DELTA_PREFIX_MAX_BYTES);
        for (size_t i = 0; i < delta_table_count(check->table); i++)
                if (!check_window(check, i, error))
                        return false;
        return check_digest(check, error);
}

/* --- the delta --- */

/* Load the delta's source if it is published and undamaged. Without it the table cannot be checked. */
static bool load_source(DeltaCheck *check, GError **error)
{
        g_autoptr(GBytes) sources =
                g_bytes_new(check->delta->sources, check->delta->source_count * DIGEST_BYTES);
        const PackageEntry *entry = g_hash_table_lookup(check->verification->sources, sources);
        return !entry || (version_load(remote_of(check), entry, &check->source, error) &&
                          version_load_locator(remote_of(check), &check->source, error));
}

static bool report(DeltaCheck *check, const char *file, GError **failure, GError **error)
{
        g_autofree char *from =
                check->source.entry ? version_title(check->source.entry) : g_strdup("an older version");
        g_autofree char *to = version_title(check->target->entry);
        g_prefix_error(failure, "the delta from %s to %s is damaged" HARMLESS ": ", from, to);
        return verify_report(check->verification, file, NULL, failure, error);
}

static bool check_delta(DeltaCheck *check, const char *locator, GError **error)
{
        g_autoptr(GError) failure = NULL;
        if (!load_source(check, error))
                return false;
        if (check->source.entry) {
                check->table = delta_table_parse(check->delta->table, check->delta->bytes,
                                                 version_delta_blobs(&check->source),
                                                 version_delta_blobs(check->target), locator, &failure);
                if (!check->table)
                        return report(check, locator, &failure, error);
        }
        return check_file(check, &failure) || report(check, check->path, &failure, error);
}

/* True if `path` is reported already: several deltas may share a file. */
static bool is_known_bad(const Verification *verification, const char *path)
{
        const GPtrArray *damages = verification->result->damages;
        for (guint i = 0; i < damages->len; i++)
                if (strcmp(((const Damage *)g_ptr_array_index(damages, i))->file, path) == 0)
                        return true;
        return false;
}

static bool check_deltas_to(Verification *verification, Version *target, GError **error)
{
        const PackageEntry *entry = target->entry;
        g_autofree char *locator = layout_locator_path(entry->service, entry->version, entry->architecture);
        for (size_t i = 0; i < locator_delta_count(target->locator); i++) {
                const LocatorDelta *delta = locator_delta(target->locator, i);
                g_auto(DeltaCheck) check = {.verification = verification,
                                            .target = target,
                                            .delta = delta,
                                            .path = layout_delta_path(delta->name),
                                            .digest = digest_new(),
                                            .frame = g_byte_array_new()};
                if (g_hash_table_add(verification->checked, g_strdup(delta->name))) {
                        verification->result->deltas++;
                        verification->result->delta_bytes += delta->bytes;
                }
                if (!is_known_bad(verification, check.path) && !check_delta(&check, locator, error))
                        return false;
        }
        return true;
}

bool verify_deltas(Verification *verification, GError **error)
{
        for (guint i = 0; i < verification->good->len; i++) {
                const PackageEntry *entry = g_ptr_array_index(verification->good, i);
                Remote *remote = depot_remote(verification->depot);
                g_auto(Version) target = {0};
                if (!version_load(remote, entry, &target, error) ||
                    !version_load_locator(remote, &target, error) ||
                    !check_deltas_to(verification, &target, error))
                        return false;
        }
        return true;
}
