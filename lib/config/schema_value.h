/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One key of a schema and one text: whether it fits, and what it becomes. Knows nothing of YAML. */
#pragma once

#include "schema.h"

/* Turn `text` into what `key` holds and store it in `field` (of SCHEMA_TEXTS: one owned text into a char *,
 * which must be NULL or owned). Errors: USAGE, quoting the text, with what is allowed; `field` untouched. */
bool schema_value(const SchemaKey *key, const char *text, void *field, GError **error);

/* The key of that name in `level`, or NULL. */
const SchemaKey *schema_key(const SchemaLevel *level, const char *name);

/* Always false, with USAGE: `name` is no key of `level`, the nearest one, and all there are. */
bool schema_fail_unknown(const SchemaLevel *level, const char *name, GError **error);

/* Returns: owned "one, two, three". */
char *schema_known_keys(const SchemaLevel *level);
