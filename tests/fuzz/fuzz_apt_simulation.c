/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the output of apt-get: a version that is installed or removed is never empty, and every
 * failure has a message. */
#include <stddef.h>
#include <stdint.h>

#include "apt_simulation.h"
#include "apt_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) text = g_bytes_new_static(data, size);
        g_autoptr(GPtrArray) changes = apt_simulation_parse(text, NULL);
        for (guint i = 0; changes && i < changes->len; i++) {
                const AptChange *change = g_ptr_array_index(changes, i);
                g_assert_true(*change->name && (change->from || change->to));
        }
        g_autofree char *said = g_strndup((const char *)data, size);
        g_autoptr(GError) error = NULL;
        g_assert_false(apt_words_fail(said, &error));
        g_assert_true(*error->message);
        return 0;
}
