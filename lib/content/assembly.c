/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "assembly.h"

#include <unistd.h>

#include "assembly_private.h"
#include "errors.h"

Target *assembly_target_of(const Assembly *assembly, const Missing *missing)
{
        return g_ptr_array_index(assembly->targets, missing->target);
}

Missing *assembly_missing_at(const Assembly *assembly, uint32_t number)
{
        return &g_array_index(assembly->missing, Missing, number);
}

static const uint8_t *key_of(const void *owner, uint32_t number)
{
        const Missing *missing = assembly_missing_at(owner, number);
        return index_id(assembly_target_of(owner, missing)->index, missing->chunk)->bytes;
}

Assembly *assembly_new(AssemblyMode mode, Progress *progress)
{
        Assembly *assembly = g_new0(Assembly, 1);
        assembly->mode = mode;
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
        g_free(assembly->expected);
        g_mutex_clear(&assembly->lock);
        g_clear_error(&assembly->first_bad);
        g_clear_error(&assembly->first_lost);
        g_free(assembly);
}

static void add_missing(Assembly *assembly, uint32_t target, uint32_t chunk)
{
        Missing missing = {target, chunk, IDTABLE_NONE};
        uint32_t number = assembly->missing->len;
        g_array_append_val(assembly->missing, missing);
        if (idtable_put(&assembly->table, number))
                return;
        Missing *first =
                assembly_missing_at(assembly, idtable_find(&assembly->table, key_of(assembly, number)));
        assembly_missing_at(assembly, number)->next = first->next;
        first->next = number;
}

bool assembly_add_target(Assembly *assembly, const Index *index, const char *path, GError **error)
{
        bool only_look = assembly->mode == ASSEMBLY_LOOK;
        Target *target = target_open(index, path, only_look, &assembly->stats.present_bytes, error);
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

bool assembly_has(const Assembly *assembly, const Missing *missing)
{
        return assembly_target_of(assembly, missing)->have[missing->chunk];
}

bool assembly_lacks(const Assembly *assembly, uint32_t number)
{
        while (number != IDTABLE_NONE && assembly_has(assembly, assembly_missing_at(assembly, number)))
                number = assembly_missing_at(assembly, number)->next;
        return number != IDTABLE_NONE;
}

bool assembly_wants(const Assembly *assembly, uint32_t number)
{
        return !(assembly->expected && assembly->expected[number]) && assembly_lacks(assembly, number);
}

/* Write checked content to every place where its id is missing. */
bool assembly_write(Assembly *assembly, uint32_t number, const uint8_t *content, uint64_t *bytes,
                    GError **error)
{
        for (; number != IDTABLE_NONE; number = assembly_missing_at(assembly, number)->next) {
                const Missing *missing = assembly_missing_at(assembly, number);
                Target *target = g_ptr_array_index(assembly->targets, missing->target);
                if (target->have[missing->chunk])
                        continue;
                if (!target_write(target, missing->chunk, content, error))
                        return false;
                *bytes += index_length(target->index, missing->chunk);
        }
        return true;
}

void assembly_lose(Assembly *assembly, size_t windows, const GError *why)
{
        g_mutex_lock(&assembly->lock);
        assembly->lost_count += windows;
        if (!assembly->first_lost)
                assembly->first_lost = g_error_copy(why);
        g_mutex_unlock(&assembly->lock);
}

const char *assembly_note(const Assembly *assembly, size_t *windows)
{
        *windows = assembly->lost_count;
        return assembly->first_lost ? assembly->first_lost->message : NULL;
}

uint64_t assembly_missing_bytes(const Assembly *assembly)
{
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < assembly->missing->len; i++) {
                const Missing *missing = assembly_missing_at(assembly, i);
                if (!assembly_has(assembly, missing))
                        bytes += index_length(assembly_target_of(assembly, missing)->index, missing->chunk);
        }
        return bytes;
}

uint64_t assembly_wanted_bytes(const Assembly *assembly)
{
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < assembly->missing->len; i++) {
                const Missing *missing = assembly_missing_at(assembly, i);
                if (assembly_wants(assembly, idtable_find(&assembly->table, key_of(assembly, i))) &&
                    !assembly_has(assembly, missing))
                        bytes += index_length(assembly_target_of(assembly, missing)->index, missing->chunk);
        }
        return bytes;
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
