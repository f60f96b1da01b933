/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chunkset.h"

const ChunkId *chunkset_id(DeltaBlobs blobs, ChunkRef ref)
{
        return index_id(blobs.indexes[ref.blob], ref.chunk);
}

uint32_t chunkset_length(DeltaBlobs blobs, ChunkRef ref)
{
        return index_length(blobs.indexes[ref.blob], ref.chunk);
}

static const uint8_t *key_of(const void *owner, uint32_t number)
{
        const ChunkSet *set = owner;
        return chunkset_id(set->blobs, g_array_index(set->refs, ChunkRef, number))->bytes;
}

static void add(ChunkSet *set, ChunkRef ref)
{
        g_array_append_val(set->refs, ref);
        if (!idtable_put(&set->table, set->refs->len - 1))
                g_array_set_size(set->refs, set->refs->len - 1);
}

void chunkset_init(ChunkSet *set, DeltaBlobs blobs)
{
        *set = (ChunkSet){.blobs = blobs, .refs = g_array_new(false, false, sizeof(ChunkRef))};
        set->table = (IdTable){.key_bytes = sizeof(ChunkId), .key_of = key_of, .owner = set};
        for (uint32_t blob = 0; blob < blobs.count; blob++)
                for (size_t i = 0; i < index_count(blobs.indexes[blob]); i++)
                        if (!index_is_zero(blobs.indexes[blob], i))
                                add(set, (ChunkRef){blob, (uint32_t)i});
}

void chunkset_clear(ChunkSet *set)
{
        g_clear_pointer(&set->refs, g_array_unref);
        idtable_clear(&set->table);
}

GArray *chunkset_difference(const ChunkSet *set, const ChunkSet *other)
{
        GArray *refs = g_array_new(false, false, sizeof(ChunkRef));
        for (guint i = 0; i < set->refs->len; i++) {
                ChunkRef ref = g_array_index(set->refs, ChunkRef, i);
                if (idtable_find(&other->table, chunkset_id(set->blobs, ref)->bytes) == IDTABLE_NONE)
                        g_array_append_val(refs, ref);
        }
        return refs;
}
