/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "statement.h"

#include <string.h>

#include "deb822.h"
#include "errors.h"
#include "units.h"

typedef struct {
        const StatementField *fields;
        void *into;
        bool seen;
} Reading;

/* Refuses unknown fields, which could be conditions; skips X- fields. */
static bool check_known(const Reading *reading, const Deb822Paragraph *paragraph, GError **error)
{
        for (size_t i = 0; i < paragraph->count; i++) {
                g_autofree char *name = span_dup(paragraph->fields[i].name);
                bool known = g_ascii_strncasecmp(name, "X-", 2) == 0;
                for (const StatementField *field = reading->fields; field->name; field++)
                        known = known || g_ascii_strcasecmp(field->name, name) == 0;
                if (!known)
                        return fail(error, LAUTTA_ERROR_CORRUPT,
                                    "the field '%s' is unknown: it needs a newer Lautta on this host", name);
        }
        return true;
}

static bool read_field(const Reading *reading, const StatementField *field, const Deb822Paragraph *paragraph,
                       GError **error)
{
        const Deb822Field *found = deb822_find(paragraph, field->name);
        if (!found && !field->required)
                return true;
        g_autofree char *value = found && field->has_lines ? span_dup(found->value)
                                                           : deb822_line(paragraph, field->name, error);
        if (!value)
                return false;
        if (field->read(reading->into, value, error))
                return true;
        g_prefix_error(error, "field '%s': ", field->name);
        return false;
}

static bool visit_paragraph(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        Reading *reading = user;
        if (reading->seen)
                return fail(error, LAUTTA_ERROR_CORRUPT, "a second paragraph, where one is allowed");
        reading->seen = true;
        for (const StatementField *field = reading->fields; field->name; field++)
                if (!read_field(reading, field, paragraph, error))
                        return false;
        return check_known(reading, paragraph, error);
}

bool statement_parse(GBytes *text, const char *name, size_t max_bytes, const StatementField *fields,
                     void *into, GError **error)
{
        Reading reading = {fields, into, false};
        if (g_bytes_get_size(text) > max_bytes)
                return fail(error, LAUTTA_ERROR_CORRUPT, "%s: it is longer than %zu bytes", name, max_bytes);
        if (!deb822_parse(text, name, visit_paragraph, &reading, error))
                return false;
        return reading.seen || fail(error, LAUTTA_ERROR_CORRUPT, "%s: it is empty", name);
}

bool statement_read_format(const char *value, const char *format, const char *what, GError **error)
{
        g_autofree char *known = g_strconcat(format, "/1", NULL);
        if (strcmp(value, known) == 0)
                return true;
        if (g_str_has_prefix(value, format) && value[strlen(format)] == '/')
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' needs a newer Lautta on this host", value);
        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not the format of a %s", value, what);
}

bool statement_read_serial(const char *value, int64_t *serial, GError **error)
{
        uint64_t parsed = 0;
        if (!number_parse(value, 1, STATEMENT_SERIAL_MAX, &parsed, NULL))
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a serial", value);
        *serial = (int64_t)parsed;
        return true;
}

bool statement_read_time(const char *value, int64_t *time, GError **error)
{
        return time_parse(value, time, NULL) ||
               fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a time like 2026-11-22T11:00:00Z", value);
}

void statement_add_time(GString *out, const char *name, int64_t time)
{
        g_autofree char *text = time_format(time);
        g_string_append_printf(out, "%s: %s\n", name, text);
}
