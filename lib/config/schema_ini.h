/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* INI files (ini.h), read by a table of keys: each key of `level` is a SCHEMA_GROUP, and stands for the section
 * of its name. */
#pragma once

#include "schema.h"

/* The most words that a key of SCHEMA_TEXTS may have. They are separated by blanks, and all differ. */
enum { SCHEMA_INI_WORDS_MAX = 64 };

/* Returns: owned words of `text`, none of them empty. */
GStrv schema_ini_words(const char *text);

/* Read `text` into `into`, a zeroed structure of `level`, and fill `lines` with "SECTION.KEY". On failure
 * `into` may be half filled. Errors: USAGE with "NAME:LINE: KEY: ..." and what is allowed. */
bool schema_ini_read(const SchemaLevel *level, GBytes *text, const char *name, void *into, SchemaLines *lines,
                     GError **error);
