/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "content_range.h"

#include <glib.h>

/* Reads digits up to `stop` and steps over it; `stop` '\0' is not stepped over. */
static bool take_number(const char **cursor, char stop, uint64_t *value)
{
        uint64_t number = 0;
        const char *c = *cursor;
        for (; g_ascii_isdigit(*c); c++)
                if (!g_uint64_checked_mul(&number, number, 10) ||
                    !g_uint64_checked_add(&number, number, (uint64_t)(*c - '0')))
                        return false;
        if (c == *cursor || *c != stop)
                return false;
        *cursor = stop ? c + 1 : c;
        *value = number;
        return true;
}

bool content_range_parse(const char *text, ContentRange *range)
{
        ContentRange found = {.total = CONTENT_RANGE_UNKNOWN_TOTAL};
        if (g_ascii_strncasecmp(text, "bytes ", 6) != 0)
                return false;
        const char *cursor = text + 6;
        if (!take_number(&cursor, '-', &found.first) || !take_number(&cursor, '/', &found.last))
                return false;
        if (!g_str_equal(cursor, "*") && !take_number(&cursor, '\0', &found.total))
                return false;
        if (found.last < found.first || found.last >= found.total)
                return false;
        *range = found;
        return true;
}
