/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema_value.h"

#include <string.h>

#include "errors.h"
#include "units.h"

/* Returns: owned text of a size as people write it: "16T". */
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

static bool read_flag(const SchemaKey *key, const char *text, bool *field, GError **error)
{
        bool more = key->type == SCHEMA_SWITCH;
        bool yes = strcmp(text, "yes") == 0 || (more && strcmp(text, "true") == 0);
        if (!yes && strcmp(text, "no") != 0 && !(more && strcmp(text, "false") == 0))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not one of: yes, no", text);
        *field = yes;
        return true;
}

static bool read_text(const SchemaKey *key, const char *text, char **field, GError **error)
{
        if (key->check && !key->check(text, error))
                return false;
        g_free(*field);
        *field = g_strdup(g_strcmp0(text, key->instead) == 0 ? "" : text);
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

static bool read_percent(const SchemaKey *key, const char *text, unsigned *field, GError **error)
{
        g_autofree char *digits = g_strdup(text);
        char *sign = strchr(digits, '%');
        if (!sign || sign[1])
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not of the form 10%%", text);
        *sign = '\0';
        return read_number(key, digits, field, error);
}

bool schema_value_read(const SchemaKey *key, const char *text, void *field, GError **error)
{
        switch (key->type) {
        case SCHEMA_SIZE:
                return read_size(key, text, field, error);
        case SCHEMA_SECONDS:
                return read_seconds(key, text, field, error);
        case SCHEMA_COUNT:
        case SCHEMA_PORT:
                return read_number(key, text, field, error);
        case SCHEMA_PERCENT:
                return read_percent(key, text, field, error);
        case SCHEMA_CHOICE:
                return read_choice(key, text, field, error);
        case SCHEMA_FLAG:
        case SCHEMA_SWITCH:
                return read_flag(key, text, field, error);
        case SCHEMA_OWN:
                return key->own->read(text, field, error);
        default:
                return read_text(key, text, field, error);
        }
}

void schema_value_clear(const SchemaKey *key, void *field)
{
        switch (key->type) {
        case SCHEMA_TEXT:
                g_clear_pointer((char **)field, g_free);
                break;
        case SCHEMA_TEXTS:
                g_clear_pointer((GStrv *)field, g_strfreev);
                break;
        case SCHEMA_STRUCT:
                g_clear_pointer((void **)field, key->level->free);
                break;
        case SCHEMA_STRUCTS:
                g_clear_pointer((GPtrArray **)field, g_ptr_array_unref);
                break;
        case SCHEMA_OWN:
                if (key->own->clear)
                        key->own->clear(field);
                break;
        default:
                break;
        }
}

static bool is_same_texts(const char *const *one, const char *const *other)
{
        return one && other ? g_strv_equal(one, other) : one == other;
}

static size_t bytes_of(SchemaType type)
{
        switch (type) {
        case SCHEMA_FLAG:
        case SCHEMA_SWITCH:
                return sizeof(bool);
        case SCHEMA_SIZE:
                return sizeof(uint64_t);
        case SCHEMA_PORT:
                return sizeof(uint16_t);
        default:
                return sizeof(unsigned);
        }
}

bool schema_value_is_same(const SchemaKey *key, const void *one, const void *other)
{
        switch (key->type) {
        case SCHEMA_TEXT:
                return g_strcmp0(*(char *const *)one, *(char *const *)other) == 0;
        case SCHEMA_TEXTS:
                return is_same_texts(*(const char *const *const *)one, *(const char *const *const *)other);
        case SCHEMA_OWN:
                return key->own->is_same(one, other);
        case SCHEMA_GROUP:
        case SCHEMA_STRUCT:
        case SCHEMA_STRUCTS:
                g_assert_not_reached();
        default:
                return memcmp(one, other, bytes_of(key->type)) == 0;
        }
}

void schema_value_copy(const SchemaKey *key, const void *from, void *field)
{
        if (key->type == SCHEMA_OWN) {
                key->own->copy(from, field);
                return;
        }
        g_assert(key->type == SCHEMA_TEXT);
        schema_value_clear(key, field);
        *(char **)field = g_strdup(*(char *const *)from);
}
