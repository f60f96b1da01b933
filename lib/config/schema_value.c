/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema_value.h"

#include <string.h>

#include "errors.h"
#include "units.h"

enum { NAME_MAX_COMPARED = 32 };

/* As a person writes it: "16T". */
static char *size_text(uint64_t bytes)
{
        static const char units[] = "TGMK";
        for (int i = 0; i < 4; i++) {
                int shift = 40 - 10 * i;
                if (bytes && (bytes & ((UINT64_C(1) << shift) - 1)) == 0)
                        return g_strdup_printf("%" G_GUINT64_FORMAT "%c", bytes >> shift, units[i]);
        }
        return g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
}

static bool read_choice(const SchemaKey *key, const char *text, unsigned *field, GError **error)
{
        for (unsigned i = 0; key->choices[i]; i++)
                if (strcmp(key->choices[i], text) == 0) {
                        *field = i;
                        return true;
                }
        g_autofree char *allowed = g_strjoinv(", ", (GStrv)key->choices);
        return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not one of: %s", text, allowed);
}

static bool read_flag(const char *text, bool *field, GError **error)
{
        bool yes = strcmp(text, "yes") == 0;
        if (!yes && strcmp(text, "no") != 0)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not one of: yes, no", text);
        *field = yes;
        return true;
}

static bool read_text(const SchemaKey *key, const char *text, char **field, GError **error)
{
        if (key->check && !key->check(text, error))
                return false;
        g_free(*field);
        *field = g_strdup(text);
        return true;
}

static bool check_range(const SchemaKey *key, const char *text, uint64_t value, GError **error)
{
        if (value < key->min || (key->max && value > key->max)) {
                g_autofree char *min = size_text(key->min);
                g_autofree char *max = size_text(key->max);
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not within %s and %s", text, min, max);
        }
        if (key->multiple && value % key->multiple != 0)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' is not a multiple of %" G_GUINT64_FORMAT " bytes", text, key->multiple);
        return true;
}

static bool read_size(const SchemaKey *key, const char *text, uint64_t *field, GError **error)
{
        uint64_t bytes = 0;
        if (!size_parse(text, &bytes, error) || !check_range(key, text, bytes, error))
                return false;
        *field = bytes;
        return true;
}

static bool read_seconds(const SchemaKey *key, const char *text, unsigned *field, GError **error)
{
        uint64_t seconds = 0;
        if (!duration_parse(text, &seconds, error))
                return false;
        if (seconds < key->min || seconds > key->max)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' is not within %" G_GUINT64_FORMAT "s and %" G_GUINT64_FORMAT "s", text,
                            key->min, key->max);
        *field = (unsigned)seconds;
        return true;
}

static bool read_number(const SchemaKey *key, const char *text, void *field, GError **error)
{
        uint64_t value = 0;
        if (!number_parse(text, key->min, key->max, &value, error))
                return false;
        if (key->type == SCHEMA_PORT)
                *(uint16_t *)field = (uint16_t)value;
        else
                *(unsigned *)field = (unsigned)value;
        return true;
}

bool schema_value(const SchemaKey *key, const char *text, void *field, GError **error)
{
        switch (key->type) {
        case SCHEMA_SIZE:
                return read_size(key, text, field, error);
        case SCHEMA_SECONDS:
                return read_seconds(key, text, field, error);
        case SCHEMA_COUNT:
        case SCHEMA_PORT:
                return read_number(key, text, field, error);
        case SCHEMA_CHOICE:
                return read_choice(key, text, field, error);
        case SCHEMA_FLAG:
                return read_flag(text, field, error);
        default:
                return read_text(key, text, field, error);
        }
}

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

/* Levenshtein's distance; both at most NAME_MAX_COMPARED bytes. */
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
