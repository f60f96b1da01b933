/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Output of a program. Texts may come from a depot that nobody verified: a terminal must not obey them. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* As printf() to standard output, with control characters replaced (text_for_people()). */
void output_print(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The same to standard error. */
void output_note(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Add a member to the JSON object `*object`. A text that is not UTF-8 frees the object and sets `*object` to
 * NULL; output_json() then fails. No call does anything to a NULL object. */
void output_add_text(json_t **object, const char *key, const char *text); /* NULL: null */
void output_add_count(json_t **object, const char *key, uint64_t count);
void output_add_seconds(json_t **object, const char *key, double seconds);
void output_add_flag(json_t **object, const char *key, bool flag);
/* Takes over `value`; NULL counts as a text that is not UTF-8. */
void output_add(json_t **object, const char *key, json_t *value);

/* Returns: owned JSON array of `texts`, which ends with NULL; NULL if one is not UTF-8. */
json_t *output_texts(const char *const *texts);

/* Print `object`, which is taken over, and a newline. All control characters are escaped.
 * Errors: SYSTEM, also if `object` is NULL. */
bool output_json(json_t *object, GError **error);
