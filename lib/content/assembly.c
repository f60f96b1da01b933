/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "assembly.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "errors.h"
#include "files.h"
#include "idtable.h"
#include "target.h"
#include "workers.h"

enum { SEED_STRETCH = 16 };

/* A chunk that is missing. Others of the same id follow by `next`. */
typedef struct {
        uint32_t target;
        uint32_t chunk;
        uint32_t next; /* number of a Missing, or IDTABLE_NONE */
} Missing;

struct Assembly {
        Progress *progress;
        GPtrArray *targets; /* Target */
        GArray *missing;    /* Missing; those with an id of their own are in the table */
        IdTable table;
        AssemblyStats stats;
        GMutex lock; /* of stats and first_bad, while workers run */
        GError *first_bad;
        size_t bad_count;
};

static const Target *target_of(const Assembly *assembly, const Missing *missing)
{
        return g_ptr_array_index(assembly->targets, missing->target);
}

static Missing *missing_at(const Assembly *assembly, uint32_t number)
{
        return &g_array_index(assembly->missing, Missing, number);
}

static const uint8_t *key_of(const void *owner, uint32_t number)
{
        const Missing *missing = missing_at(owner, number);
        return index_id(target_of(owner, missing)->index, missing->chunk)->bytes;
}

Assembly *assembly_new(Progress *progress)
{
        Assembly *assembly = g_new0(Assembly, 1);
        assembly->progress = progress;
        assembly->targets = g_ptr_array_new_with_free_func((GDestroyNotify)target_free);
        assembly->missing = g_array_new(false, false, sizeof(Missing));
        assembly->table = (IdTable){.key_bytes = sizeof(ChunkId), .key_of = key_of, .owner = assembly};
        g_mutex_init(&assembly->lock);
        return assembly;
}

void assembly_free(Assembly *assembly)
{
        if (!assembly)
                return;
        g_ptr_array_unref(assembly->targets);
        g_array_unref(assembly->missing);
        idtable_clear(&assembly->table);
        g_mutex_clear(&assembly->lock);
        g_clear_error(&assembly->first_bad);
        g_free(assembly);
}

static void add_missing(Assembly *assembly, uint32_t target, uint32_t chunk)
{
        Missing missing = {target, chunk, IDTABLE_NONE};
        uint32_t number = assembly->missing->len;
        g_array_append_val(assembly->missing, missing);
        if (idtable_put(&assembly->table, number))
                return;
        Missing *first = missing_at(assembly, idtable_find(&assembly->table, key_of(assembly, number)));
        missing_at(assembly, number)->next = first->next;
        first->next = number;
}

bool assembly_add_target(Assembly *assembly, const Index *index, const char *path, GError **error)
{
        Target *target = target_open(index, path, &assembly->stats.present_bytes, error);
        if (!target)
                return false;
        g_ptr_array_add(assembly->targets, target);
        assembly->stats.blob_bytes += index_blob_bytes(index);
        for (size_t i = 0; i < index_count(index); i++) {
                if (!index_is_zero(index, i))
                        assembly->stats.data_bytes += index_length(index, i);
                if (!target->have[i])
                        add_missing(assembly, assembly->targets->len - 1, (uint32_t)i);
        }
        return true;
}

static bool is_there(const Assembly *assembly, const Missing *missing)
{
        return target_of(assembly, missing)->have[missing->chunk];
}

static bool is_missing_anywhere(const Assembly *assembly, uint32_t number)
{
        while (number != IDTABLE_NONE && is_there(assembly, missing_at(assembly, number)))
                number = missing_at(assembly, number)->next;
        return number != IDTABLE_NONE;
}

/* Put checked content wherever its id is missing. */
static bool write_everywhere(Assembly *assembly, uint32_t number, const uint8_t *content, uint64_t *bytes,
                             GError **error)
{
        for (; number != IDTABLE_NONE; number = missing_at(assembly, number)->next) {
                const Missing *missing = missing_at(assembly, number);
                Target *target = g_ptr_array_index(assembly->targets, missing->target);
                if (target->have[missing->chunk])
                        continue;
                if (!target_write(target, missing->chunk, content, error))
                        return false;
                *bytes += index_length(target->index, missing->chunk);
        }
        return true;
}

/* Seeds. */

typedef struct {
        uint64_t offset; /* in the seed */
        uint32_t missing;
} SeedMatch;

typedef struct {
        Assembly *assembly;
        int fd;
        const char *path;
        GArray *matches;
        SeedMode mode;
        gint cannot_clone; /* atomic */
} SeedUse;

/* The chunks of the seed that are missing, each id once, in the seed's order. */
static GArray *match_seed(const Assembly *assembly, const Index *index)
{
        GArray *matches = g_array_new(false, false, sizeof(SeedMatch));
        g_autofree uint8_t *taken = g_malloc0(assembly->missing->len + 1);
        for (size_t i = 0; i < index_count(index); i++) {
                uint32_t number = idtable_find(&assembly->table, index_id(index, i)->bytes);
                if (number == IDTABLE_NONE || taken[number] || !is_missing_anywhere(assembly, number))
                        continue;
                taken[number] = true;
                SeedMatch match = {index_offset(index, i), number};
                g_array_append_val(matches, match);
        }
        return matches;
}

static void count_seed(SeedUse *use, uint64_t bytes, bool cloned)
{
        g_mutex_lock(&use->assembly->lock);
        use->assembly->stats.seed_bytes += bytes;
        use->assembly->stats.cloned_bytes += cloned ? bytes : 0;
        g_mutex_unlock(&use->assembly->lock);
        progress_add(use->assembly->progress, "seed", bytes);
}

static bool copy_match(SeedUse *use, const SeedMatch *match, GError **error)
{
        uint8_t content[CHUNK_DATA_MAX_BYTES];
        const Missing *missing = missing_at(use->assembly, match->missing);
        const Index *index = target_of(use->assembly, missing)->index;
        uint32_t length = index_length(index, missing->chunk);
        ChunkId id;
        /* A seed that cannot be read here, or that changed, serves less: packs have the chunk. */
        if (!fd_read_exactly(use->fd, content, length, match->offset, use->path, NULL))
                return true;
        digest_sha256(content, length, id.bytes);
        if (memcmp(&id, index_id(index, missing->chunk), sizeof id) != 0)
                return true;
        uint64_t bytes = 0;
        if (!write_everywhere(use->assembly, match->missing, content, &bytes, error))
                return false;
        count_seed(use, bytes, false);
        return true;
}

/* Share the match's blocks with every place that misses it; places where that cannot be stay missing. */
static bool clone_match(SeedUse *use, const SeedMatch *match, GError **error)
{
        uint64_t bytes = 0;
        for (uint32_t number = match->missing; number != IDTABLE_NONE;
             number = missing_at(use->assembly, number)->next) {
                const Missing *missing = missing_at(use->assembly, number);
                Target *target = g_ptr_array_index(use->assembly->targets, missing->target);
                bool supported = true, good = false;
                if (is_there(use->assembly, missing))
                        continue;
                if (index_length(target->index, missing->chunk) % CHUNK_BLOCK_BYTES)
                        break;
                if (!target_clone(target, missing->chunk, use->fd, match->offset, &supported, &good, error))
                        return false;
                if (!supported)
                        g_atomic_int_set(&use->cannot_clone, 1);
                if (!good)
                        break;
                bytes += index_length(target->index, missing->chunk);
        }
        if (bytes)
                count_seed(use, bytes, true);
        return true;
}

static bool use_matches(void *user, size_t first, size_t count, GError **error)
{
        SeedUse *use = user;
        for (size_t i = first; i < first + count; i++) {
                const SeedMatch *match = &g_array_index(use->matches, SeedMatch, i);
                if (use->mode == SEED_COPY && !copy_match(use, match, error))
                        return false;
                if (use->mode == SEED_CLONE && !g_atomic_int_get(&use->cannot_clone) &&
                    !clone_match(use, match, error))
                        return false;
        }
        return true;
}

bool assembly_use_seed(Assembly *assembly, const char *path, const Index *index, SeedMode mode,
                       GError **error)
{
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
                return fail_errno(error, "cannot open seed '%s'", path);
        g_autoptr(GArray) matches = match_seed(assembly, index);
        SeedUse use = {assembly, fd, path, matches, mode, 0};
        return workers_run(matches->len, SEED_STRETCH, use_matches, &use, error);
}

uint64_t assembly_missing_bytes(const Assembly *assembly)
{
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < assembly->missing->len; i++) {
                const Missing *missing = missing_at(assembly, i);
                if (!is_there(assembly, missing))
                        bytes += index_length(target_of(assembly, missing)->index, missing->chunk);
        }
        return bytes;
}

/* Packs. */

/* Turn what is missing into places: each id once, at the first place that a locator knows. */
static bool locate_target(Assembly *assembly, uint32_t number, const Locator *locator, GArray *wanted,
                          uint8_t *taken, GError **error)
{
        const Target *target = g_ptr_array_index(assembly->targets, number);
        size_t count = 0, data_chunk = 0;
        const ChunkPlace *places = locator_places(locator, target->index, &count);
        for (size_t i = 0; i < index_count(target->index); i++) {
                if (index_is_zero(target->index, i))
                        continue;
                if (!places || data_chunk >= count)
                        return fail(error, LAUTTA_ERROR_CORRUPT, "the locator does not fit the index of '%s'",
                                    target->path);
                const ChunkPlace *place = &places[data_chunk++];
                if (target->have[i])
                        continue;
                uint32_t first = idtable_find(&assembly->table, index_id(target->index, i)->bytes);
                if (taken[first])
                        continue;
                taken[first] = true;
                FrameWanted frame = {index_id(target->index, i), *place, index_length(target->index, i),
                                     first};
                g_array_append_val(wanted, frame);
        }
        return true;
}

static GArray *locate(Assembly *assembly, const Locator *locator, GError **error)
{
        g_autoptr(GArray) wanted = g_array_new(false, false, sizeof(FrameWanted));
        g_autofree uint8_t *taken = g_malloc0(assembly->missing->len + 1);
        for (uint32_t i = 0; i < assembly->targets->len; i++)
                if (!locate_target(assembly, i, locator, wanted, taken, error))
                        return NULL;
        return g_steal_pointer(&wanted);
}

static bool good_frame(void *user, const FrameWanted *wanted, const uint8_t *content, GError **error)
{
        Assembly *assembly = user;
        uint64_t bytes = 0;
        if (!write_everywhere(assembly, wanted->tag, content, &bytes, error))
                return false;
        g_mutex_lock(&assembly->lock);
        assembly->stats.fetched_bytes += bytes;
        g_mutex_unlock(&assembly->lock);
        progress_add(assembly->progress, "depot", bytes);
        return true;
}

static void bad_frame(void *user, const FrameWanted *wanted, const GError *why)
{
        Assembly *assembly = user;
        g_mutex_lock(&assembly->lock);
        assembly->bad_count++;
        if (!assembly->first_bad)
                assembly->first_bad = g_error_copy(why);
        g_mutex_unlock(&assembly->lock);
}

static FrameFetch make_fetch(Assembly *assembly, const Locator *locator, FramePack *packs)
{
        for (size_t i = 0; i < locator_pack_count(locator); i++)
                packs[i] = (FramePack){locator_pack_name(locator, i), locator_pack_bytes(locator, i)};
        return (FrameFetch){.packs = packs,
                            .pack_count = locator_pack_count(locator),
                            .good = good_frame,
                            .bad = bad_frame,
                            .user = assembly};
}

bool assembly_plan(Assembly *assembly, const Locator *locator, FramePlan *plan, GError **error)
{
        g_autoptr(GArray) wanted = locate(assembly, locator, error);
        if (!wanted)
                return false;
        g_autofree FramePack *packs = g_new0(FramePack, locator_pack_count(locator) + 1);
        FrameFetch fetch = make_fetch(assembly, locator, packs);
        *plan = framefetch_plan(&fetch, (FrameWanted *)wanted->data, wanted->len);
        return true;
}

bool assembly_fetch(Assembly *assembly, const Locator *locator, Remote *remote, GError **error)
{
        g_autoptr(GArray) wanted = locate(assembly, locator, error);
        if (!wanted)
                return false;
        g_autofree FramePack *packs = g_new0(FramePack, locator_pack_count(locator) + 1);
        FrameFetch fetch = make_fetch(assembly, locator, packs);
        if (!framefetch_run(&fetch, remote, (FrameWanted *)wanted->data, wanted->len, error))
                return false;
        if (!assembly->first_bad)
                return true;
        g_propagate_error(error, g_steal_pointer(&assembly->first_bad));
        g_prefix_error(error, "%zu chunks could not be had; the first: ", assembly->bad_count);
        assembly->bad_count = 0;
        return false;
}

bool assembly_finish(Assembly *assembly, GError **error)
{
        for (guint t = 0; t < assembly->targets->len; t++) {
                const Target *target = g_ptr_array_index(assembly->targets, t);
                for (size_t i = 0; i < index_count(target->index); i++)
                        if (!target->have[i])
                                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' lacks chunk %zu", target->path,
                                            i);
                if (fsync(target->fd) != 0)
                        return fail_errno(error, "cannot sync '%s'", target->path);
        }
        return true;
}

AssemblyStats assembly_stats(const Assembly *assembly)
{
        return assembly->stats;
}
