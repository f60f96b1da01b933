/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as a Content-Range: an accepted range lies within its file. */
#include "content_range.h"

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        ContentRange range;
        g_autofree char *text = g_strndup((const char *)data, size);
        if (content_range_parse(text, &range))
                g_assert_true(range.first <= range.last && range.last < range.total);
        return 0;
}
