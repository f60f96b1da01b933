/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "debversion.h"

#include <stdint.h>
#include <string.h>

bool debian_name_is_valid(const char *name)
{
        size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
        return length >= 2 && length <= DEBIAN_NAME_MAX && !name[length] && g_ascii_isalnum(name[0]);
}

static bool is_version_text(const char *text, size_t length, const char *more)
{
        for (size_t i = 0; i < length; i++)
                if (!g_ascii_isalnum(text[i]) && !(text[i] && strchr(more, text[i])))
                        return false;
        return length > 0;
}

bool debian_version_is_valid(const char *version)
{
        if (strlen(version) > DEBIAN_VERSION_MAX)
                return false;
        const char *upstream = version;
        const char *colon = strchr(version, ':');
        if (colon) {
                size_t digits = strspn(version, "0123456789");
                if (digits == 0 || digits > 9 || version + digits != colon)
                        return false;
                upstream = colon + 1;
        }
        const char *dash = strrchr(upstream, '-');
        size_t length = dash ? (size_t)(dash - upstream) : strlen(upstream);
        if (dash && !is_version_text(dash + 1, strlen(dash + 1), "+.~"))
                return false;
        return is_version_text(upstream, length, "+.~-") && g_ascii_isdigit(upstream[0]);
}

bool architecture_is_valid(const char *architecture)
{
        return strcmp(architecture, "amd64") == 0 || strcmp(architecture, "arm64") == 0;
}

/* The order of one character: '~' before the end, the end before letters, letters before the rest. */
static int order(char c)
{
        if (c == '~')
                return -1;
        if (!c || g_ascii_isdigit(c))
                return 0;
        return g_ascii_isalpha(c) ? c : c + 256;
}

/* Debian Policy 5.6.12 on one part: by turns a stretch without digits and a number. `end`s bound the parts.
 */
static int compare_part(const char *a, const char *a_end, const char *b, const char *b_end)
{
        while (a < a_end || b < b_end) {
                while ((a < a_end && !g_ascii_isdigit(*a)) || (b < b_end && !g_ascii_isdigit(*b))) {
                        int difference = order(a < a_end ? *a : 0) - order(b < b_end ? *b : 0);
                        if (difference)
                                return difference;
                        a += a < a_end;
                        b += b < b_end;
                }
                while (a < a_end && *a == '0')
                        a++;
                while (b < b_end && *b == '0')
                        b++;
                int first_difference = 0;
                while (a < a_end && b < b_end && g_ascii_isdigit(*a) && g_ascii_isdigit(*b)) {
                        if (!first_difference)
                                first_difference = *a - *b;
                        a++;
                        b++;
                }
                if (a < a_end && g_ascii_isdigit(*a))
                        return 1;
                if (b < b_end && g_ascii_isdigit(*b))
                        return -1;
                if (first_difference)
                        return first_difference;
        }
        return 0;
}

int debian_version_compare(const char *a, const char *b)
{
        const char *a_colon = strchr(a, ':');
        const char *b_colon = strchr(b, ':');
        uint64_t a_epoch = a_colon ? g_ascii_strtoull(a, NULL, 10) : 0;
        uint64_t b_epoch = b_colon ? g_ascii_strtoull(b, NULL, 10) : 0;
        if (a_epoch != b_epoch)
                return a_epoch < b_epoch ? -1 : 1;
        a = a_colon ? a_colon + 1 : a;
        b = b_colon ? b_colon + 1 : b;
        const char *a_end = a + strlen(a);
        const char *b_end = b + strlen(b);
        const char *a_dash = strrchr(a, '-');
        const char *b_dash = strrchr(b, '-');
        int upstream = compare_part(a, a_dash ? a_dash : a_end, b, b_dash ? b_dash : b_end);
        if (upstream)
                return upstream;
        return compare_part(a_dash ? a_dash + 1 : a_end, a_end, b_dash ? b_dash + 1 : b_end, b_end);
}

char *debian_version_without_epoch(const char *version)
{
        const char *colon = strchr(version, ':');
        return g_strdup(colon ? colon + 1 : version);
}
