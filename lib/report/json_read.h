/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members of JSON objects that another program wrote. A member that is absent or null leaves the field
 * unchanged, unless it is JSON_REQUIRED. Errors: CORRUPT names the member. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum { JSON_OPTIONAL, JSON_REQUIRED } JsonNeed;

/* The text replaces the field's owned text. */
bool json_read_text(const json_t *object, const char *key, JsonNeed need, char **field, GError **error);

/* RFC 3339, as time_format() writes it: Unix seconds. */
bool json_read_time(const json_t *object, const char *key, JsonNeed need, int64_t *field, GError **error);

/* The number must not be negative. */
bool json_read_count(const json_t *object, const char *key, JsonNeed need, uint64_t *field, GError **error);
bool json_read_number(const json_t *object, const char *key, JsonNeed need, double *field, GError **error);
bool json_read_flag(const json_t *object, const char *key, JsonNeed need, bool *field, GError **error);

/* One of `names` (NULL-terminated, in the order of the enum that `field` is). */
bool json_read_word(const json_t *object, const char *key, JsonNeed need, const char *const *names,
                    unsigned *field, GError **error);

/* Appends owned texts to `field`. */
bool json_read_texts(const json_t *object, const char *key, JsonNeed need, GPtrArray *field, GError **error);

/* The member `key` as an object or array, NULL if it is absent or null. Returns: false if it has another
 * type. */
bool json_read_object(const json_t *object, const char *key, const json_t **field, GError **error);
bool json_read_array(const json_t *object, const char *key, const json_t **field, GError **error);

/* Returns: owned JSON array of the texts; `texts` may be NULL. */
json_t *json_of_texts(const GPtrArray *texts);

/* Return: owned RFC 3339 text; the second function returns null for 0. */
json_t *json_of_time(int64_t unix_seconds);
json_t *json_of_time_or_null(int64_t unix_seconds);
