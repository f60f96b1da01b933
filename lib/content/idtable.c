/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idtable.h"

#include <glib.h>
#include <string.h>

/* Ids are digests: their first bytes are hash enough. */
static size_t slot_of(const IdTable *table, const uint8_t *key)
{
        uint64_t hash;
        memcpy(&hash, key, sizeof hash);
        size_t slot = (size_t)hash & (table->slot_count - 1);
        while (table->slots[slot] &&
               memcmp(table->key_of(table->owner, table->slots[slot] - 1), key, table->key_bytes) != 0)
                slot = (slot + 1) & (table->slot_count - 1);
        return slot;
}

uint32_t idtable_find(const IdTable *table, const uint8_t *key)
{
        if (!table->slot_count)
                return IDTABLE_NONE;
        return table->slots[slot_of(table, key)] - 1;
}

void idtable_reserve(IdTable *table, size_t count)
{
        size_t wanted = MAX(table->slot_count, 1024);
        while (wanted * 2 < count * 3)
                wanted *= 2;
        if (wanted == table->slot_count)
                return;
        g_autofree uint32_t *old = table->slots;
        size_t old_count = table->slot_count;
        table->slots = g_new0(uint32_t, wanted);
        table->slot_count = wanted;
        for (size_t i = 0; i < old_count; i++)
                if (old[i])
                        table->slots[slot_of(table, table->key_of(table->owner, old[i] - 1))] = old[i];
}

bool idtable_put(IdTable *table, uint32_t number)
{
        idtable_reserve(table, table->count + 1);
        size_t slot = slot_of(table, table->key_of(table->owner, number));
        if (table->slots[slot])
                return false;
        table->slots[slot] = number + 1;
        table->count++;
        return true;
}

void idtable_clear(IdTable *table)
{
        g_clear_pointer(&table->slots, g_free);
        table->slot_count = table->count = 0;
}
