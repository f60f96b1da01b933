/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"

#include <stdio.h>

#include "errors.h"

void output_add(json_t **object, const char *key, json_t *value)
{
        bool added = *object && value && json_object_set_new(*object, key, value) == 0;
        if (added)
                return;
        if (!*object)
                json_decref(value);
        json_decref(*object);
        *object = NULL;
}

void output_add_text(json_t **object, const char *key, const char *text)
{
        output_add(object, key, text ? json_string(text) : json_null());
}

void output_add_count(json_t **object, const char *key, uint64_t count)
{
        output_add(object, key, json_integer((json_int_t)count));
}

void output_add_seconds(json_t **object, const char *key, double seconds)
{
        output_add(object, key, json_real(seconds));
}

void output_add_flag(json_t **object, const char *key, bool flag)
{
        output_add(object, key, json_boolean(flag));
}

json_t *output_texts(const char *const *texts)
{
        json_t *array = json_array();
        for (; *texts; texts++)
                if (json_array_append_new(array, json_string(*texts)) != 0) {
                        json_decref(array);
                        return NULL;
                }
        return array;
}

bool output_json(json_t *object, GError **error)
{
        if (!object)
                return fail(error, LAUTTA_ERROR_SYSTEM,
                            "cannot make JSON of the result: some text is not UTF-8");
        int failed = json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        json_decref(object);
        if (failed || putchar('\n') == EOF)
                return fail_errno(error, "cannot write to standard output");
        return true;
}
