/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "units.h"

#include <stdio.h>
#include <string.h>

#include "errors.h"

/* Read digits up to the first other character. False if there is none, a leading zero, or an overflow. */
static bool read_digits(const char **text, uint64_t *value)
{
        const char *p = *text;
        uint64_t sum = 0;
        if (!g_ascii_isdigit(*p) || (p[0] == '0' && g_ascii_isdigit(p[1])))
                return false;
        for (; g_ascii_isdigit(*p); p++)
                if (!g_uint64_checked_mul(&sum, sum, 10) ||
                    !g_uint64_checked_add(&sum, sum, (uint64_t)(*p - '0')))
                        return false;
        *text = p;
        *value = sum;
        return true;
}

bool size_parse(const char *text, uint64_t *bytes, GError **error)
{
        static const char units[] = "KMGT";
        const char *p = text;
        uint64_t value = 0;
        bool good = read_digits(&p, &value);
        if (good && *p) {
                const char *unit = strchr(units, *p);
                good = unit && !p[1] && value <= UINT64_MAX >> (10 * (unit - units + 1));
                if (good)
                        value <<= 10 * (unit - units + 1);
        }
        if (!good)
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "'%s' is not a size: write bytes, or a number with K, M, G or T (256M is 268435456)",
                        text);
        *bytes = value;
        return true;
}

bool duration_parse(const char *text, uint64_t *seconds, GError **error)
{
        static const char units[] = "smhd";
        static const uint64_t factors[] = {1, 60, 3600, 86400};
        const char *p = text;
        uint64_t value = 0;
        const char *unit = NULL;
        if (read_digits(&p, &value) && *p && !p[1])
                unit = strchr(units, *p);
        if (!unit || !g_uint64_checked_mul(&value, value, factors[unit - units]))
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' is not a duration: write a number with s, m, h or d (120s is two minutes)",
                            text);
        *seconds = value;
        return true;
}

bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value, GError **error)
{
        const char *p = text;
        uint64_t parsed = 0;
        if (!read_digits(&p, &parsed) || *p || parsed < min || parsed > max)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' is not a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                            text, min, max);
        *value = parsed;
        return true;
}

char *size_format(uint64_t bytes)
{
        static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
        double value = (double)bytes;
        size_t unit = 0;
        while (value >= 999.5 && unit + 1 < G_N_ELEMENTS(units)) {
                value /= 1000;
                unit++;
        }
        int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
        return g_strdup_printf("%.*f %s", decimals, value, units[unit]);
}

char *time_format(int64_t unix_seconds)
{
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_seconds);
        return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("(no time)");
}

/* A text is a time only if it formats back to itself: no blanks, signs, fractions or other zones. */
bool time_parse(const char *text, int64_t *unix_seconds, GError **error)
{
        int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
        int count = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &year, &month, &day, &hour, &minute, &second);
        if (count == 6 && year >= 1970) {
                g_autoptr(GDateTime) time = g_date_time_new_utc(year, month, day, hour, minute, second);
                g_autofree char *again = time ? time_format(g_date_time_to_unix(time)) : NULL;
                if (g_strcmp0(again, text) == 0) {
                        *unix_seconds = g_date_time_to_unix(time);
                        return true;
                }
        }
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not a time: write it in UTC, like 2026-11-22T11:00:00Z", text);
}
