/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <glib.h>

void text_set(char **field, const char *value)
{
        char *copy = g_strdup(value);
        g_free(*field);
        *field = copy;
}
