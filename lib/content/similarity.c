/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "similarity.h"

#include <stdbool.h>

enum { RARITY_MIN_LOG = 8, FEATURES_MAX = 1 << 21, SLOTS_MIN = 1024 };

typedef struct {
        uint32_t tag; /* of the feature; 0 in a free slot */
        uint32_t number;
} Slot;

struct Similarity {
        uint64_t gear[256];
        uint64_t rare_mask; /* a hash that has none of these bits is a feature */
        Slot *slots;
        size_t slot_count; /* a power of two */
        size_t used;
        GMutex lock;
};

/* SplitMix64 (Steele, Lea, Flood 2014): makes a table of well mixed constants from a counter. */
static uint64_t mix(uint64_t *state)
{
        uint64_t z = (*state += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

Similarity *similarity_new(uint64_t total_bytes)
{
        Similarity *similarity = g_new0(Similarity, 1);
        uint64_t state = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(similarity->gear); i++)
                similarity->gear[i] = mix(&state);
        unsigned rarity_log = RARITY_MIN_LOG;
        while (total_bytes >> rarity_log > FEATURES_MAX)
                rarity_log++;
        similarity->rare_mask = ~(uint64_t)0 << (64 - rarity_log);
        similarity->slot_count = SLOTS_MIN;
        while (similarity->slot_count < (total_bytes >> rarity_log) * 2)
                similarity->slot_count *= 2;
        similarity->slots = g_new0(Slot, similarity->slot_count);
        g_mutex_init(&similarity->lock);
        return similarity;
}

void similarity_free(Similarity *similarity)
{
        if (!similarity)
                return;
        g_mutex_clear(&similarity->lock);
        g_free(similarity->slots);
        g_free(similarity);
}

/* Returns the slot that has the feature, or a free slot. A table is never full: see similarity_add(). */
static Slot *slot_of(const Similarity *similarity, uint64_t feature, uint32_t *tag)
{
        uint64_t spread = feature * 0x9e3779b97f4a7c15u;
        size_t i = (size_t)(spread >> 32) & (similarity->slot_count - 1);
        *tag = (uint32_t)spread | 1;
        while (similarity->slots[i].tag && similarity->slots[i].tag != *tag)
                i = (i + 1) & (similarity->slot_count - 1);
        return &similarity->slots[i];
}

/* Find the next feature from `*at` on. A stretch that repeats itself has the same feature many times: all but
 * the first are skipped. */
static bool next_feature(const Similarity *similarity, const uint8_t *bytes, size_t size, size_t *at,
                         uint64_t *hash, uint64_t *last)
{
        uint64_t h = *hash;
        for (size_t i = *at; i < size; i++) {
                h = (h << 1) + similarity->gear[bytes[i]];
                if ((h & similarity->rare_mask) || h == *last)
                        continue;
                *at = i + 1;
                *hash = *last = h;
                return true;
        }
        return false;
}

void similarity_add(Similarity *similarity, uint32_t number, const uint8_t *bytes, size_t size)
{
        g_autoptr(GArray) features = g_array_new(false, false, sizeof(uint64_t));
        uint64_t hash = 0, last = 0;
        for (size_t at = 0; next_feature(similarity, bytes, size, &at, &hash, &last);)
                g_array_append_val(features, hash);
        g_mutex_lock(&similarity->lock);
        for (guint i = 0; i < features->len; i++) {
                uint32_t tag = 0;
                Slot *slot = slot_of(similarity, g_array_index(features, uint64_t, i), &tag);
                if (!slot->tag && similarity->used < similarity->slot_count / 4 * 3) {
                        *slot = (Slot){tag, number};
                        similarity->used++;
                } else if (slot->tag && number < slot->number) {
                        slot->number = number;
                }
        }
        g_mutex_unlock(&similarity->lock);
}

void similarity_match(const Similarity *similarity, const uint8_t *bytes, size_t size, GArray *numbers)
{
        uint64_t hash = 0, last = 0;
        for (size_t at = 0; next_feature(similarity, bytes, size, &at, &hash, &last);) {
                uint32_t tag = 0;
                const Slot *slot = slot_of(similarity, hash, &tag);
                if (slot->tag)
                        g_array_append_val(numbers, slot->number);
        }
}
