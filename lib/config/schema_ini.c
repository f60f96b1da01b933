/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema_ini.h"

#include <string.h>

#include "errors.h"
#include "ini.h"
#include "schema_value.h"

GStrv schema_ini_words(const char *text)
{
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        g_auto(GStrv) parts = g_strsplit_set(text, " \t", -1);
        for (char **part = parts; *part; part++)
                if (**part)
                        g_strv_builder_add(words, *part);
        return g_strv_builder_end(words);
}

static bool read_texts(const SchemaKey *key, const char *value, GStrv *field, GError **error)
{
        g_auto(GStrv) words = schema_ini_words(value);
        if (g_strv_length(words) > SCHEMA_INI_WORDS_MAX)
                return fail(error, LAUTTA_ERROR_USAGE, "write 1 to %d, separated by blanks",
                            SCHEMA_INI_WORDS_MAX);
        for (char **word = words; *word; word++) {
                char *text = NULL;
                if (!schema_value_read(key, *word, &text, error))
                        return false;
                g_free(*word);
                *word = text;
                for (char **before = words; before < word; before++)
                        if (strcmp(*before, *word) == 0)
                                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is named twice", *word);
        }
        g_strfreev(*field);
        *field = g_steal_pointer(&words);
        return true;
}

static bool read_value(const SchemaKey *key, const char *value, void *field, GError **error)
{
        if (!*value && key->type != SCHEMA_OWN)
                return fail(error, LAUTTA_ERROR_USAGE, "it has no value");
        return key->type == SCHEMA_TEXTS ? read_texts(key, value, field, error)
                                         : schema_value_read(key, value, field, error);
}

typedef struct {
        const SchemaLevel *level;
        void *into;
        SchemaLines *lines;
} Filling;

static bool take(const char *section, const char *key, const char *value, unsigned line, void *user,
                 GError **error)
{
        const Filling *filling = user;
        const SchemaKey *group = schema_key(filling->level, section);
        if (!group) {
                g_autofree char *sections = schema_known_keys(filling->level);
                return fail(error, LAUTTA_ERROR_USAGE, "there is no section [%s]: there are %s", section,
                            sections);
        }
        if (!key)
                return true;
        const SchemaKey *found = schema_key(group->level, key);
        if (!found) {
                g_autofree char *names = schema_known_keys(group->level);
                return fail(error, LAUTTA_ERROR_USAGE, "there is no such key in [%s]: there are %s", section,
                            names);
        }
        g_autofree char *path = g_strconcat(section, ".", key, NULL);
        schema_lines_add(filling->lines, path, line);
        return read_value(found, value, (char *)filling->into + found->offset, error);
}

static bool check_required(const SchemaLevel *level, const SchemaLines *lines, const char *name,
                           GError **error)
{
        for (const SchemaKey *group = level->keys; group->name; group++)
                for (const SchemaKey *key = group->level->keys; key->name; key++) {
                        g_autofree char *path = g_strconcat(group->name, ".", key->name, NULL);
                        if (key->required && !schema_line(lines, path))
                                return fail(error, LAUTTA_ERROR_USAGE, "%s: the key '%s' is missing in [%s]",
                                            name, key->name, group->name);
                }
        return true;
}

bool schema_ini_read(const SchemaLevel *level, GBytes *text, const char *name, void *into, SchemaLines *lines,
                     GError **error)
{
        Filling filling = {level, into, lines};
        return schema_fill(level, into, error) && ini_parse(text, name, take, &filling, error) &&
               check_required(level, lines, name, error);
}
