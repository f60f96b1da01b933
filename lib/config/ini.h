/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of sections and keys, read strictly and with line numbers: "[section]", "key = value", and comments
 * that begin with '#' or ';' on lines of their own, or with " #" after a value. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { INI_MAX_BYTES = 64 * 1024 };

/* Called for the head of a section, with `key` and `value` NULL, and for each key in it. The arguments live for
 * the call. `value` has no blanks around it and may be empty. Errors: any; ini_parse() prefixes "NAME:LINE: ",
 * and for a key "KEY: ". */
typedef bool (*IniVisit)(const char *section, const char *key, const char *value, unsigned line, void *user,
                         GError **error);

/* Errors: USAGE with "NAME:LINE: ..." for a line that is neither section, key nor comment, a key before any
 * section, a key twice, text that is not UTF-8 or has control characters, and more than INI_MAX_BYTES. */
bool ini_parse(GBytes *text, const char *name, IniVisit visit, void *user, GError **error);

/* Find the first value of `key` in `section`, in text that may be bad: bad lines are skipped. Returns: owned, or
 * NULL. */
char *ini_find(GBytes *text, const char *section, const char *key);
