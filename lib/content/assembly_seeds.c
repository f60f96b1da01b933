/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of assembly.h that takes chunks from seeds. */
#include <fcntl.h>
#include <string.h>

#include "assembly_private.h"
#include "digest.h"
#include "errors.h"
#include "files.h"
#include "workers.h"

enum { SEED_STRETCH = 64 };

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

/* Find the chunks of the seed that targets miss, each id once, in the seed's order. */
static GArray *match_seed(const Assembly *assembly, const Index *index)
{
        GArray *matches = g_array_new(false, false, sizeof(SeedMatch));
        g_autofree uint8_t *taken = g_malloc0(assembly->missing->len + 1);
        for (size_t i = 0; i < index_count(index); i++) {
                uint32_t number = idtable_find(&assembly->table, index_id(index, i)->bytes);
                if (number == IDTABLE_NONE || taken[number] || !assembly_lacks(assembly, number))
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
        const Missing *missing = assembly_missing_at(use->assembly, match->missing);
        const Index *index = assembly_target_of(use->assembly, missing)->index;
        uint32_t length = index_length(index, missing->chunk);
        ChunkId id;
        /* A seed that cannot be read here, or that changed, serves less: packs have the chunk. */
        if (!fd_read_exactly(use->fd, content, length, match->offset, use->path, NULL))
                return true;
        digest_sha256(content, length, id.bytes);
        if (memcmp(&id, index_id(index, missing->chunk), sizeof id) != 0)
                return true;
        uint64_t bytes = 0;
        if (!assembly_write(use->assembly, match->missing, content, &bytes, error))
                return false;
        count_seed(use, bytes, false);
        return true;
}

static bool can_be_cloned(const SeedUse *use, const Missing *missing)
{
        uint32_t length = index_length(assembly_target_of(use->assembly, missing)->index, missing->chunk);
        return length % CHUNK_BLOCK_BYTES == 0 && !assembly_has(use->assembly, missing);
}

/* Share the seed's blocks at `offset` as the `count` chunks from `missing` on. */
static bool clone_chunks(SeedUse *use, const Missing *missing, size_t count, uint64_t offset, GError **error)
{
        Target *target = assembly_target_of(use->assembly, missing);
        bool supported = true;
        uint64_t bytes = 0;
        if (!target_clone(target, missing->chunk, count, use->fd, offset, &supported, error))
                return false;
        if (!supported)
                g_atomic_int_set(&use->cannot_clone, 1);
        for (size_t i = missing->chunk; i < missing->chunk + count; i++)
                bytes += target->have[i] ? index_length(target->index, i) : 0;
        if (bytes)
                count_seed(use, bytes, true);
        return true;
}

/* Share the match with the other places that miss its id. A chunk that was wrong at the first place would be
 * wrong at all. */
static bool clone_to_others(SeedUse *use, const SeedMatch *match, GError **error)
{
        const Missing *missing = assembly_missing_at(use->assembly, match->missing);
        if (!assembly_has(use->assembly, missing))
                return true;
        while (missing->next != IDTABLE_NONE) {
                missing = assembly_missing_at(use->assembly, missing->next);
                if (can_be_cloned(use, missing) && !clone_chunks(use, missing, 1, match->offset, error))
                        return false;
        }
        return true;
}

/* Count the matches from `first` on that lie side by side both in the seed and in the target. Sharing them in
 * one call is many times faster. */
static size_t count_neighbours(const SeedUse *use, size_t first, size_t count)
{
        size_t n = 1;
        for (; n < count; n++) {
                const SeedMatch *last = &g_array_index(use->matches, SeedMatch, first + n - 1),
                                *next = last + 1;
                const Missing *a = assembly_missing_at(use->assembly, last->missing);
                const Missing *b = assembly_missing_at(use->assembly, next->missing);
                uint32_t length = index_length(assembly_target_of(use->assembly, a)->index, a->chunk);
                if (b->target != a->target || b->chunk != a->chunk + 1 ||
                    next->offset != last->offset + length || !can_be_cloned(use, b))
                        break;
        }
        return n;
}

static bool clone_matches(SeedUse *use, size_t first, size_t count, GError **error)
{
        size_t n = 1;
        for (size_t i = first; i < first + count && !g_atomic_int_get(&use->cannot_clone); i += n) {
                const SeedMatch *match = &g_array_index(use->matches, SeedMatch, i);
                const Missing *missing = assembly_missing_at(use->assembly, match->missing);
                bool can = can_be_cloned(use, missing);
                n = can ? count_neighbours(use, i, first + count - i) : 1;
                if (can && !clone_chunks(use, missing, n, match->offset, error))
                        return false;
                for (size_t k = 0; k < n; k++)
                        if (!clone_to_others(use, match + k, error))
                                return false;
        }
        return true;
}

static bool use_matches(void *user, size_t first, size_t count, GError **error)
{
        SeedUse *use = user;
        if (use->mode == SEED_CLONE)
                return clone_matches(use, first, count, error);
        for (size_t i = first; i < first + count; i++)
                if (!copy_match(use, &g_array_index(use->matches, SeedMatch, i), error))
                        return false;
        return true;
}

void assembly_expect_seed(Assembly *assembly, const Index *index)
{
        if (!assembly->expected)
                assembly->expected = g_malloc0(assembly->missing->len + 1);
        for (size_t i = 0; i < index_count(index); i++) {
                uint32_t number = idtable_find(&assembly->table, index_id(index, i)->bytes);
                if (number != IDTABLE_NONE)
                        assembly->expected[number] = true;
        }
}

void assembly_expect_nothing(Assembly *assembly)
{
        g_clear_pointer(&assembly->expected, g_free);
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
