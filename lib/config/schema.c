/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema.h"

#include <string.h>

#include "errors.h"
#include "schema_value.h"

enum { NAME_MAX_COMPARED = 32 };

struct SchemaLines {
        GHashTable *by_path; /* char * to line */
};

SchemaLines *schema_lines_new(void)
{
        SchemaLines *lines = g_new0(SchemaLines, 1);
        lines->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return lines;
}

void schema_lines_free(SchemaLines *lines)
{
        if (lines)
                g_hash_table_unref(lines->by_path);
        g_free(lines);
}

void schema_lines_add(SchemaLines *lines, const char *path, unsigned line)
{
        g_hash_table_insert(lines->by_path, g_strdup(path), GUINT_TO_POINTER(line));
}

unsigned schema_line(const SchemaLines *lines, const char *path)
{
        return GPOINTER_TO_UINT(g_hash_table_lookup(lines->by_path, path));
}

/* --- names of keys */

const SchemaKey *schema_key(const SchemaLevel *level, const char *name)
{
        for (const SchemaKey *key = level->keys; key->name; key++)
                if (strcmp(key->name, name) == 0)
                        return key;
        return NULL;
}

char *schema_known_keys(const SchemaLevel *level)
{
        GString *known = g_string_new(NULL);
        for (const SchemaKey *key = level->keys; key->name; key++)
                g_string_append_printf(known, "%s%s", known->len ? ", " : "", key->name);
        return g_string_free(known, false);
}

/* Levenshtein's distance. Both have at most NAME_MAX_COMPARED bytes. */
static unsigned distance(const char *a, const char *b)
{
        unsigned row[NAME_MAX_COMPARED + 1];
        size_t width = strlen(b);
        for (unsigned j = 0; j <= width; j++)
                row[j] = j;
        for (unsigned i = 1; a[i - 1]; i++) {
                unsigned diagonal = row[0];
                row[0] = i;
                for (size_t j = 1; j <= width; j++) {
                        unsigned replace = diagonal + (a[i - 1] != b[j - 1]);
                        diagonal = row[j];
                        row[j] = MIN(replace, MIN(row[j], row[j - 1]) + 1);
                }
        }
        return row[width];
}

static const char *nearest(const SchemaLevel *level, const char *name)
{
        const char *best = NULL;
        unsigned least = 3;
        if (strlen(name) > NAME_MAX_COMPARED)
                return NULL;
        for (const SchemaKey *key = level->keys; key->name; key++) {
                unsigned d = distance(name, key->name);
                if (d < least && d < strlen(key->name)) {
                        least = d;
                        best = key->name;
                }
        }
        return best;
}

bool schema_fail_unknown(const SchemaLevel *level, const char *name, GError **error)
{
        g_autofree char *known = schema_known_keys(level);
        const char *near = nearest(level, name);
        if (near)
                return fail(error, LAUTTA_ERROR_USAGE, "unknown key '%s', did you mean '%s'? Known are: %s",
                            name, near, known);
        return fail(error, LAUTTA_ERROR_USAGE, "unknown key '%s'; known are: %s", name, known);
}

/* --- the values of a whole structure */

bool schema_fill(const SchemaLevel *level, void *into, GError **error)
{
        for (const SchemaKey *key = level->keys; key->name; key++) {
                void *field = (char *)into + key->offset;
                if (key->type == SCHEMA_GROUP) {
                        if (!schema_fill(key->level, into, error))
                                return false;
                } else if (key->type == SCHEMA_TEXTS) {
                        *(GStrv *)field = g_new0(char *, 1);
                } else if (key->type == SCHEMA_STRUCTS) {
                        *(GPtrArray **)field = g_ptr_array_new_with_free_func(key->level->free);
                } else if (key->fallback && !schema_value_read(key, key->fallback, field, error)) {
                        return false;
                }
        }
        return true;
}

void schema_clear(const SchemaLevel *level, void *into)
{
        for (const SchemaKey *key = level->keys; key->name; key++)
                if (key->type == SCHEMA_GROUP)
                        schema_clear(key->level, into);
                else
                        schema_value_clear(key, (char *)into + key->offset);
}

bool schema_is_same(const SchemaLevel *level, const void *one, const void *other)
{
        for (const SchemaKey *key = level->keys; key->name; key++) {
                bool same = key->type == SCHEMA_GROUP
                                    ? schema_is_same(key->level, one, other)
                                    : schema_value_is_same(key, (const char *)one + key->offset,
                                                           (const char *)other + key->offset);
                if (!same)
                        return false;
        }
        return true;
}

static void keep_fixed(const SchemaLevel *level, const char *section, const void *before, void *into,
                       GString *names)
{
        for (const SchemaKey *key = level->keys; key->name; key++) {
                const void *old = (const char *)before + key->offset;
                void *field = (char *)into + key->offset;
                if (key->type == SCHEMA_GROUP)
                        keep_fixed(key->level, key->name, before, into, names);
                if (!key->is_fixed || schema_value_is_same(key, old, field))
                        continue;
                g_string_append_printf(names, "%s'%s'", names->len ? ", " : "", key->name);
                if (section)
                        g_string_append_printf(names, " in [%s]", section);
                schema_value_copy(key, old, field);
        }
}

char *schema_keep_fixed(const SchemaLevel *level, const void *before, void *into)
{
        g_autoptr(GString) names = g_string_new(NULL);
        keep_fixed(level, NULL, before, into, names);
        return names->len ? g_string_free(g_steal_pointer(&names), false) : NULL;
}
