/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define REPLACEMENT 0xfffd

void text_set(char **field, const char *value)
{
        char *copy = g_strdup(value);
        g_free(*field);
        *field = copy;
}

/* Terminals also take the C1 controls as UTF-8, so the bytes alone do not tell. */
static bool is_control(gunichar character)
{
        return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

static char *replace_controls(const char *text, const char *kept)
{
        if (!text)
                return NULL;
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        g_autoptr(GString) shown = g_string_sized_new(strlen(valid));
        for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
                gunichar character = g_utf8_get_char(p);
                bool hidden = is_control(character) && !strchr(kept, (int)character);
                g_string_append_unichar(shown, hidden ? REPLACEMENT : character);
        }
        return g_string_free(g_steal_pointer(&shown), false);
}

char *text_for_people(const char *text)
{
        return replace_controls(text, "\n\t");
}

char *text_for_line(const char *text)
{
        return replace_controls(text, "");
}
