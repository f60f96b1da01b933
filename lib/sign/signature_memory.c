/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signature_memory.h"

#include <string.h>

typedef struct {
        uint8_t key[DIGEST_BYTES];
        char *status; /* NULL: an empty entry */
        GBytes *text;
        gint64 asked_us; /* on the monotonic clock, as the next */
        gint64 used_us;
} Answer;

static GMutex lock;
static Answer answers[SIGNATURE_MEMORY_ENTRIES];

void signature_memory_key(GBytes *message, GBytes *keyring, uint8_t key[DIGEST_BYTES])
{
        uint8_t both[2 * DIGEST_BYTES];
        digest_sha256(g_bytes_get_data(message, NULL), g_bytes_get_size(message), both);
        digest_sha256(g_bytes_get_data(keyring, NULL), g_bytes_get_size(keyring), both + DIGEST_BYTES);
        digest_sha256(both, sizeof both, key);
}

bool signature_recall(const uint8_t key[DIGEST_BYTES], char **status, GBytes **text)
{
        gint64 now_us = g_get_monotonic_time();
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
                Answer *answer = &answers[i];
                if (!answer->status || memcmp(answer->key, key, DIGEST_BYTES) != 0 ||
                    now_us - answer->asked_us > (gint64)SIGNATURE_MEMORY_SECONDS * G_USEC_PER_SEC)
                        continue;
                answer->used_us = now_us;
                *status = g_strdup(answer->status);
                *text = g_bytes_ref(answer->text);
                return true;
        }
        return false;
}

/* Returns: the entry of this key, an empty one, or the least recently used one. */
static Answer *place_for(const uint8_t key[DIGEST_BYTES])
{
        Answer *place = &answers[0];
        for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
                if (answers[i].status && memcmp(answers[i].key, key, DIGEST_BYTES) == 0)
                        return &answers[i];
                if (answers[i].used_us < place->used_us)
                        place = &answers[i];
        }
        return place;
}

void signature_remember(const uint8_t key[DIGEST_BYTES], const char *status, GBytes *text)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        Answer *place = place_for(key);
        g_free(place->status);
        g_clear_pointer(&place->text, g_bytes_unref);
        memcpy(place->key, key, DIGEST_BYTES);
        place->status = g_strdup(status);
        place->text = g_bytes_ref(text);
        place->asked_us = place->used_us = g_get_monotonic_time();
}
