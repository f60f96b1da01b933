/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One key of a schema, and its value in a structure. Knows neither YAML nor INI. `field` points to the key's
 * field in the structure. */
#pragma once

#include "schema.h"

/* Read `text` into `field`, and free the value that it replaces. For SCHEMA_TEXTS, `field` is a char * that is
 * NULL or owned, and gets one text. Errors: USAGE quotes the text and says what is allowed; `field` is then
 * untouched. */
bool schema_value_read(const SchemaKey *key, const char *text, void *field, GError **error);

/* Free the value of any key but a group; an empty field is fine. */
void schema_value_clear(const SchemaKey *key, void *field);

/* True if both fields have the same value. Not for groups and structures. */
bool schema_value_is_same(const SchemaKey *key, const void *one, const void *other);

/* Replace `field` by a copy of `from`. For keys with `is_fixed` only. */
void schema_value_copy(const SchemaKey *key, const void *from, void *field);
