/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A keyring that a trust.list carries: what is picked from it is never longer, and picking again changes nothing. */
#include <stddef.h>
#include <stdint.h>

#include "keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const fingerprints[] = {"067D94A6BB31C44F931DBD42C219AB75B98CAB41", NULL};
        g_autoptr(GBytes) keyring = g_bytes_new_static(data, size);
        g_autoptr(GBytes) picked = keyring_pick(keyring, fingerprints, NULL);
        if (!picked)
                return 0;
        g_assert_cmpuint(g_bytes_get_size(picked), <=, size);
        g_autoptr(GBytes) again = keyring_pick(picked, fingerprints, NULL);
        g_assert_true(again && g_bytes_equal(picked, again));
        return 0;
}
