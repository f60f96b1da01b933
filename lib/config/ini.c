/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ini.h"

#include <string.h>

#include "errors.h"

typedef struct {
        IniVisit visit;
        void *user;
        char *section;
        GHashTable *lines; /* "section.key" to the line that gave it */
        unsigned line;
} Reading;

static void reading_clear(Reading *reading)
{
        g_free(reading->section);
        g_hash_table_unref(reading->lines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static Reading begin(IniVisit visit, void *user)
{
        return (Reading){.visit = visit,
                         .user = user,
                         .lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
}

static GStrv split(GBytes *text)
{
        gsize size = 0;
        const char *bytes = g_bytes_get_data(text, &size);
        g_autofree char *copy = g_strndup(bytes ? bytes : "", size);
        return g_strsplit(copy, "\n", -1);
}

static bool is_word(const char *text)
{
        return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

static bool read_section(Reading *reading, char *text, GError **error)
{
        size_t length = strlen(text);
        if (text[length - 1] != ']')
                return fail(error, LAUTTA_ERROR_USAGE, "a section is written [name]");
        text[length - 1] = '\0';
        if (!is_word(text + 1))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not the name of a section", text + 1);
        g_free(reading->section);
        reading->section = g_strdup(text + 1);
        return reading->visit(reading->section, NULL, NULL, reading->line, reading->user, error);
}

/* Cut at the first '#' after a blank. */
static void cut_comment(char *value)
{
        for (char *at = value; (at = strchr(at, '#')); at++)
                if (at == value || at[-1] == ' ' || at[-1] == '\t') {
                        *at = '\0';
                        break;
                }
        g_strchomp(value);
}

static bool check_new(Reading *reading, const char *key, GError **error)
{
        char *place = g_strdup_printf("%s.%s", reading->section, key);
        unsigned before = GPOINTER_TO_UINT(g_hash_table_lookup(reading->lines, place));
        if (!before)
                return g_hash_table_insert(reading->lines, place, GUINT_TO_POINTER(reading->line));
        g_free(place);
        return fail(error, LAUTTA_ERROR_USAGE, "it is given twice, first in line %u", before);
}

static bool read_key(Reading *reading, char *text, GError **error)
{
        char *equals = strchr(text, '=');
        if (!equals)
                return fail(error, LAUTTA_ERROR_USAGE, "this is neither [section] nor key = value: '%s'",
                            text);
        *equals = '\0';
        const char *key = g_strchomp(text);
        char *value = g_strchug(equals + 1);
        cut_comment(value);
        if (!is_word(key))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not the name of a key", key);
        if (!reading->section)
                return fail(error, LAUTTA_ERROR_USAGE, "%s: it stands before the first [section]", key);
        if (check_new(reading, key, error) &&
            reading->visit(reading->section, key, value, reading->line, reading->user, error))
                return true;
        g_prefix_error(error, "%s: ", key);
        return false;
}

static bool read_line(Reading *reading, char *line, GError **error)
{
        char *text = g_strstrip(line);
        if (*text == '\0' || *text == '#' || *text == ';')
                return true;
        for (const char *c = text; *c; c++)
                if (g_ascii_iscntrl(*c) && *c != '\t')
                        return fail(error, LAUTTA_ERROR_USAGE, "a control character stands in this line");
        return *text == '[' ? read_section(reading, text, error) : read_key(reading, text, error);
}

bool ini_parse(GBytes *text, const char *name, IniVisit visit, void *user, GError **error)
{
        gsize size = 0;
        const char *bytes = g_bytes_get_data(text, &size);
        if (size > INI_MAX_BYTES)
                return fail(error, LAUTTA_ERROR_USAGE, "%s: it is longer than %d bytes", name, INI_MAX_BYTES);
        if (!g_utf8_validate_len(bytes, size, NULL))
                return fail(error, LAUTTA_ERROR_USAGE, "%s: it is not text in UTF-8", name);
        g_auto(Reading) reading = begin(visit, user);
        g_auto(GStrv) lines = split(text);
        for (char **line = lines; *line; line++) {
                reading.line++;
                if (read_line(&reading, *line, error))
                        continue;
                g_prefix_error(error, "%s:%u: ", name, reading.line);
                return false;
        }
        return true;
}

typedef struct {
        const char *section, *key;
        char *value;
} Sought;

static bool take_sought(const char *section, const char *key, const char *value, unsigned line, void *user,
                        GError **error)
{
        Sought *sought = user;
        if (key && !sought->value && strcmp(section, sought->section) == 0 && strcmp(key, sought->key) == 0)
                sought->value = g_strdup(value);
        return true;
}

char *ini_find(GBytes *text, const char *section, const char *key)
{
        Sought sought = {section, key, NULL};
        g_auto(Reading) reading = begin(take_sought, &sought);
        g_auto(GStrv) lines = split(text);
        for (char **line = lines; *line; line++)
                read_line(&reading, *line, NULL);
        return sought.value;
}
