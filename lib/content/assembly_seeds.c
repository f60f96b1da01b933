/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of assembly.h that takes chunks from seeds. */
#include <fcntl.h>
#include <string.h>

#include "assembly_private.h"
#include "digest.h"
#include "errors.h"
#include "files.h"
#include "workers.h"

enum { SEED_STRETCH = 16 };

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

/* Share the match's blocks with every place that misses it; places where that cannot be stay missing. */
static bool clone_match(SeedUse *use, const SeedMatch *match, GError **error)
{
        uint64_t bytes = 0;
        for (uint32_t number = match->missing; number != IDTABLE_NONE;
             number = assembly_missing_at(use->assembly, number)->next) {
                const Missing *missing = assembly_missing_at(use->assembly, number);
                Target *target = g_ptr_array_index(use->assembly->targets, missing->target);
                bool supported = true, good = false;
                if (assembly_has(use->assembly, missing))
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
