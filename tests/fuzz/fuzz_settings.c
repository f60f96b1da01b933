/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a settings file: refused, or written back byte for byte. */
#include "settings.h"

#include "errors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) text = g_bytes_new(data, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = settings_parse(text, "fuzz", &error);
        g_assert((settings == NULL) == (error != NULL));
        if (!settings) {
                g_assert(error_is(error, LAUTTA_ERROR_CORRUPT));
                return 0;
        }
        g_autoptr(GBytes) written = settings_format(settings);
        g_assert(g_bytes_equal(text, written));
        return 0;
}
