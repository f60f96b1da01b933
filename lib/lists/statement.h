/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The common form of lists and trust.list: one paragraph of known fields with a format, a serial and dates. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

/* Serials stay below the limit of exact integers in JSON and every language. */
#define STATEMENT_SERIAL_MAX (INT64_C(1) << 53)

/* One field; a table of them ends with a NULL name. */
typedef struct {
        const char *name;
        /* Read the value. Errors: CORRUPT without the field's name. */
        bool (*read)(void *into, const char *value, GError **error);
        bool required;
        bool has_lines; /* the value may have more than one line */
} StatementField;

/* Read `text` into `into`, in the order of the table; messages call it `name`. Errors: CORRUPT: longer than
 * `max_bytes`, not exactly one paragraph, a field twice, missing, or unknown and not X-. */
bool statement_parse(GBytes *text, const char *name, size_t max_bytes, const StatementField *fields,
                     void *into, GError **error);

/* Check the value "FORMAT/1"; a greater number is refused with what to do. `what` is "list" or similar. */
bool statement_read_format(const char *value, const char *format, const char *what, GError **error);
bool statement_read_serial(const char *value, int64_t *serial, GError **error);
bool statement_read_time(const char *value, int64_t *time, GError **error);

/* Append "NAME: TIME". */
void statement_add_time(GString *out, const char *name, int64_t time);
