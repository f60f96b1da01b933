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
        size_t key_bytes; /* the length of the compared part of an id; at least 8 */
        /* Returns the key of record `number`; valid as long as the table holds the record. */
        const uint8_t *(*key_of)(const void *owner, uint32_t number);
        const void *owner;
} IdTable;

/* The number under `key`, or IDTABLE_NONE. */
uint32_t idtable_find(const IdTable *table, const uint8_t *key);

/* Add record `number`, whose key key_of() must return already. False if an equal key is there. */
bool idtable_put(IdTable *table, uint32_t number);

/* Make room for `count` records in all. */
void idtable_reserve(IdTable *table, size_t count);
void idtable_clear(IdTable *table);
