/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of sections and keys, read strictly and with line numbers: "[section]", "key = value", and comments
 * that begin with '#' or ';' on lines of their own, or with " #" after a value. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { INI_MAX_BYTES = 64 * 1024 };

/* The head of a section, with `key` and `value` NULL, or one key in it. What it gets lives for the call.
 * `value` has no blanks around it and may be empty. Errors: as the visitor says; ini_parse() puts "NAME:LINE:
 * ", and for a key "KEY: ", before it. */
typedef bool (*IniVisit)(const char *section, const char *key, const char *value, unsigned line, void *user,
                         GError **error);

/* Errors: USAGE with "NAME:LINE: ..." for what is neither section, key nor comment, for a key before any
 * section, a key twice, what is not UTF-8 or has control characters, and more than INI_MAX_BYTES. */
bool ini_parse(GBytes *text, const char *name, IniVisit visit, void *user, GError **error);

/* Of text that may be bad: what `section` first gives `key`, where lines that are bad are passed over.
 * Returns: owned; NULL: nothing. */
char *ini_find(GBytes *text, const char *section, const char *key);
