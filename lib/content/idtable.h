/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hash table from chunk ids to the numbers of its owner's records, without a copy of the ids. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IDTABLE_NONE = 0xffffffff };

typedef struct {
        uint32_t *slots; /* record number plus one */
        size_t slot_count;
        size_t count;
        size_t key_bytes; /* how much of an id is compared; at least 8 */
        /* The key of record `number`, as long as the table holds it. */
        const uint8_t *(*key_of)(const void *owner, uint32_t number);
        const void *owner;
} IdTable;

/* The number under `key`, or IDTABLE_NONE. */
uint32_t idtable_find(const IdTable *table, const uint8_t *key);

/* Put record `number`, whose key the owner knows already. False if an equal key is there. */
bool idtable_put(IdTable *table, uint32_t number);

/* Make room for `count` records in all. */
void idtable_reserve(IdTable *table, size_t count);
void idtable_clear(IdTable *table);
