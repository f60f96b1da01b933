/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sketch.h"

#include <stdbool.h>

enum { RARITY_MIN_LOG = 8, FEATURES_MAX = 1 << 21, SLOTS_MIN = 1024 };

typedef struct {
        uint32_t tag; /* of the feature; 0 in a free slot */
        uint32_t number;
} Slot;

struct Sketch {
        uint64_t gear[256];
        uint64_t rare_mask; /* a hash that has none of these bits is a feature */
        Slot *slots;
        size_t slot_count; /* a power of two */
        size_t used;
        GMutex lock;
};

/* SplitMix64 (Steele, Lea, Flood 2014): a table of well mixed constants out of a counter. */
static uint64_t mix(uint64_t *state)
{
        uint64_t z = (*state += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

Sketch *sketch_new(uint64_t total_bytes)
{
        Sketch *sketch = g_new0(Sketch, 1);
        uint64_t state = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(sketch->gear); i++)
                sketch->gear[i] = mix(&state);
        unsigned rarity_log = RARITY_MIN_LOG;
        while (total_bytes >> rarity_log > FEATURES_MAX)
                rarity_log++;
        sketch->rare_mask = ~(uint64_t)0 << (64 - rarity_log);
        sketch->slot_count = SLOTS_MIN;
        while (sketch->slot_count < (total_bytes >> rarity_log) * 2)
                sketch->slot_count *= 2;
        sketch->slots = g_new0(Slot, sketch->slot_count);
        g_mutex_init(&sketch->lock);
        return sketch;
}

void sketch_free(Sketch *sketch)
{
        if (!sketch)
                return;
        g_mutex_clear(&sketch->lock);
        g_free(sketch->slots);
        g_free(sketch);
}

/* The slot that has the feature, or a free one. A table is never full: see sketch_add(). */
static Slot *slot_of(const Sketch *sketch, uint64_t feature, uint32_t *tag)
{
        uint64_t spread = feature * 0x9e3779b97f4a7c15u;
        size_t i = (size_t)(spread >> 32) & (sketch->slot_count - 1);
        *tag = (uint32_t)spread | 1;
        while (sketch->slots[i].tag && sketch->slots[i].tag != *tag)
                i = (i + 1) & (sketch->slot_count - 1);
        return &sketch->slots[i];
}

/* The next feature from `*at` on. A stretch that repeats itself has the same feature again and again: those
 * after the first are passed over. */
static bool next_feature(const Sketch *sketch, const uint8_t *bytes, size_t size, size_t *at, uint64_t *hash,
                         uint64_t *last)
{
        uint64_t h = *hash;
        for (size_t i = *at; i < size; i++) {
                h = (h << 1) + sketch->gear[bytes[i]];
                if ((h & sketch->rare_mask) || h == *last)
                        continue;
                *at = i + 1;
                *hash = *last = h;
                return true;
        }
        return false;
}

void sketch_add(Sketch *sketch, uint32_t number, const uint8_t *bytes, size_t size)
{
        g_autoptr(GArray) features = g_array_new(false, false, sizeof(uint64_t));
        uint64_t hash = 0, last = 0;
        for (size_t at = 0; next_feature(sketch, bytes, size, &at, &hash, &last);)
                g_array_append_val(features, hash);
        g_mutex_lock(&sketch->lock);
        for (guint i = 0; i < features->len; i++) {
                uint32_t tag = 0;
                Slot *slot = slot_of(sketch, g_array_index(features, uint64_t, i), &tag);
                if (!slot->tag && sketch->used < sketch->slot_count / 4 * 3) {
                        *slot = (Slot){tag, number};
                        sketch->used++;
                } else if (slot->tag && number < slot->number) {
                        slot->number = number;
                }
        }
        g_mutex_unlock(&sketch->lock);
}

void sketch_match(const Sketch *sketch, const uint8_t *bytes, size_t size, GArray *numbers)
{
        uint64_t hash = 0, last = 0;
        for (size_t at = 0; next_feature(sketch, bytes, size, &at, &hash, &last);) {
                uint32_t tag = 0;
                const Slot *slot = slot_of(sketch, hash, &tag);
                if (slot->tag)
                        g_array_append_val(numbers, slot->number);
        }
}
