/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts: fields that a structure owns, and what may be shown to people. */
#pragma once

/* Set a field to an owned copy of `value`, which may be the field's own text; NULL clears it. */
void text_set(char **field, const char *value);

/* Returns: owned copy of `text` that a terminal shows and does not obey: bytes that are not UTF-8 and control
 * characters (C0, DEL, C1) become U+FFFD. Newlines and tabs stay. NULL gives NULL. */
char *text_for_people(const char *text);

/* As text_for_people(), for one line: newlines and tabs become U+FFFD too. */
char *text_for_line(const char *text);
