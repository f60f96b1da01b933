/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* YAML files, read by a table of keys. */
#pragma once

#include "schema.h"

/* Read `source`, which must have passed yaml_guard(), into `into`, a zeroed structure of `level`, and fill
 * `lines`. On failure `into` may be half filled. Errors: USAGE with "NAME:LINE: KEY: ..." and what is
 * allowed. */
bool schema_yaml_read(const SchemaLevel *level, GBytes *source, const char *name, void *into,
                      SchemaLines *lines, GError **error);
