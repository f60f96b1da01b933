/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apt_words.h"

#include <string.h>

enum { WORDS_MAX_LINES = 8, WORDS_LAST_LINES = 3 };

/* The first entry that occurs in the output decides. */
static const struct {
        const char *words;
        LauttaErrorCode code;
} meanings[] = {
        {"Could not get lock", LAUTTA_ERROR_TRY_AGAIN},
        {"Unable to acquire the dpkg frontend lock", LAUTTA_ERROR_TRY_AGAIN},
        {"frontend lock was locked by another process", LAUTTA_ERROR_TRY_AGAIN},
        {"database lock was locked by another process", LAUTTA_ERROR_TRY_AGAIN},
        {"database is locked by another process", LAUTTA_ERROR_TRY_AGAIN},
        {"No space left on device", LAUTTA_ERROR_NO_SPACE},
        {"enough free space", LAUTTA_ERROR_NO_SPACE},
        {"Unable to locate package", LAUTTA_ERROR_NOT_FOUND},
        {"was not found", LAUTTA_ERROR_NOT_FOUND},
        {"has no installation candidate", LAUTTA_ERROR_NOT_FOUND},
        {"Couldn't find any package", LAUTTA_ERROR_NOT_FOUND},
        {"Failed to fetch", LAUTTA_ERROR_TRY_AGAIN},
        {"Unable to fetch some archives", LAUTTA_ERROR_TRY_AGAIN},
        {"unmet dependencies", LAUTTA_ERROR_CONFLICT},
        {"held broken packages", LAUTTA_ERROR_CONFLICT},
        {"Held packages were changed", LAUTTA_ERROR_CONFLICT},
        {"Packages need to be removed but remove is disabled", LAUTTA_ERROR_CONFLICT},
};

static bool tells_why(const char *line)
{
        return g_str_has_prefix(line, "E: ") || g_str_has_prefix(line, "dpkg: error") ||
               strstr(line, " : Depends: ") || strstr(line, " : Conflicts: ") || strstr(line, " : Breaks: ");
}

/* Returns: owned lines that give the reason, else the last lines, as one sentence. */
static char *what_tells(const char *said)
{
        g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
        g_autoptr(GPtrArray) chosen = g_ptr_array_new();
        for (char **line = lines; *line && chosen->len < WORDS_MAX_LINES; line++)
                if (tells_why(*line))
                        g_ptr_array_add(chosen, g_strstrip(*line));
        bool none = chosen->len == 0;
        for (guint i = g_strv_length(lines); none && i > 0 && chosen->len < WORDS_LAST_LINES; i--)
                if (*g_strstrip(lines[i - 1]))
                        g_ptr_array_insert(chosen, 0, lines[i - 1]);
        g_ptr_array_add(chosen, NULL);
        return g_strjoinv("; ", (char **)chosen->pdata);
}

bool apt_words_fail(const char *said, GError **error)
{
        LauttaErrorCode code = LAUTTA_ERROR_SYSTEM;
        for (size_t i = 0; i < G_N_ELEMENTS(meanings) && code == LAUTTA_ERROR_SYSTEM; i++)
                if (strstr(said, meanings[i].words))
                        code = meanings[i].code;
        g_autofree char *valid = g_utf8_make_valid(said, -1);
        g_autofree char *why = what_tells(valid);
        return fail(error, code, "%s", *why ? why : "apt-get failed without a message");
}

GPtrArray *apt_words_unknown(const char *said)
{
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
        for (char **line = lines; *line; line++) {
                static const char located[] = "E: Unable to locate package ";
                static const char package[] = "E: Package '";
                if (g_str_has_prefix(*line, located)) {
                        g_ptr_array_add(names, g_strdup(g_strstrip(*line + strlen(located))));
                } else if (g_str_has_prefix(*line, package) &&
                           strstr(*line, "has no installation candidate")) {
                        const char *name = *line + strlen(package);
                        g_ptr_array_add(names, g_strndup(name, strcspn(name, "'")));
                }
        }
        return names;
}
