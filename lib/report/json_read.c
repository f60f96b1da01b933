/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json_read.h"

#include <string.h>

#include "errors.h"
#include "units.h"

/* Returns: the member, or NULL where it is absent; `good` is then set to whether it may be absent. */
static const json_t *find(const json_t *object, const char *key, JsonNeed need, bool *good, GError **error)
{
        const json_t *member = json_object_get(object, key);
        *good = true;
        if (member && !json_is_null(member))
                return member;
        *good = need == JSON_OPTIONAL || fail(error, LAUTTA_ERROR_CORRUPT, "the member '%s' is missing", key);
        return NULL;
}

static bool fail_type(const char *key, const char *wanted, GError **error)
{
        return fail(error, LAUTTA_ERROR_CORRUPT, "the member '%s' is not %s", key, wanted);
}

bool json_read_text(const json_t *object, const char *key, JsonNeed need, char **field, GError **error)
{
        bool good = false;
        const json_t *member = find(object, key, need, &good, error);
        if (!member)
                return good;
        if (!json_is_string(member))
                return fail_type(key, "a text", error);
        g_free(*field);
        *field = g_strdup(json_string_value(member));
        return true;
}

bool json_read_time(const json_t *object, const char *key, JsonNeed need, int64_t *field, GError **error)
{
        bool good = false;
        const json_t *member = find(object, key, need, &good, error);
        if (!member)
                return good;
        return (json_is_string(member) && time_parse(json_string_value(member), field, NULL)) ||
               fail_type(key, "a time like 2026-11-22T11:00:00Z", error);
}

bool json_read_count(const json_t *object, const char *key, JsonNeed need, uint64_t *field, GError **error)
{
        bool good = false;
        const json_t *member = find(object, key, need, &good, error);
        if (!member)
                return good;
        if (!json_is_integer(member) || json_integer_value(member) < 0)
                return fail_type(key, "a whole number from 0 on", error);
        *field = (uint64_t)json_integer_value(member);
        return true;
}

bool json_read_number(const json_t *object, const char *key, JsonNeed need, double *field, GError **error)
{
        bool good = false;
        const json_t *member = find(object, key, need, &good, error);
        if (!member)
                return good;
        if (!json_is_number(member))
                return fail_type(key, "a number", error);
        *field = json_number_value(member);
        return true;
}

bool json_read_flag(const json_t *object, const char *key, JsonNeed need, bool *field, GError **error)
{
        bool good = false;
        const json_t *member = find(object, key, need, &good, error);
        if (!member)
                return good;
        if (!json_is_boolean(member))
                return fail_type(key, "true or false", error);
        *field = json_is_true(member);
        return true;
}

bool json_read_word(const json_t *object, const char *key, JsonNeed need, const char *const *names,
                    unsigned *field, GError **error)
{
        bool good = false;
        const json_t *member = find(object, key, need, &good, error);
        if (!member)
                return good;
        for (unsigned i = 0; json_is_string(member) && names[i]; i++)
                if (strcmp(names[i], json_string_value(member)) == 0) {
                        *field = i;
                        return true;
                }
        g_autofree char *known = g_strjoinv(", ", (GStrv)names);
        return fail(error, LAUTTA_ERROR_CORRUPT, "the member '%s' is not one of: %s", key, known);
}

bool json_read_object(const json_t *object, const char *key, const json_t **field, GError **error)
{
        bool good = false;
        *field = find(object, key, JSON_OPTIONAL, &good, error);
        return !*field || json_is_object(*field) || fail_type(key, "an object", error);
}

bool json_read_array(const json_t *object, const char *key, const json_t **field, GError **error)
{
        bool good = false;
        *field = find(object, key, JSON_OPTIONAL, &good, error);
        return !*field || json_is_array(*field) || fail_type(key, "an array", error);
}

bool json_read_texts(const json_t *object, const char *key, JsonNeed need, GPtrArray *field, GError **error)
{
        bool good = false;
        const json_t *member = find(object, key, need, &good, error);
        size_t i = 0;
        const json_t *text = NULL;
        if (!member)
                return good;
        if (!json_is_array(member))
                return fail_type(key, "an array", error);
        json_array_foreach (member, i, text) {
                if (!json_is_string(text))
                        return fail_type(key, "an array of texts", error);
                g_ptr_array_add(field, g_strdup(json_string_value(text)));
        }
        return true;
}

json_t *json_of_texts(const GPtrArray *texts)
{
        json_t *all = json_array();
        for (guint i = 0; texts && i < texts->len; i++)
                json_array_append_new(all, json_string(texts->pdata[i]));
        return all;
}

json_t *json_of_time(int64_t unix_seconds)
{
        g_autofree char *text = time_format(unix_seconds);
        return json_string(text);
}

json_t *json_of_time_or_null(int64_t unix_seconds)
{
        return unix_seconds ? json_of_time(unix_seconds) : json_null();
}
