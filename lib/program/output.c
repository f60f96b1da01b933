/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "text.h"

static void print_to(FILE *file, const char *format, va_list arguments)
{
        g_autofree char *text = g_strdup_vprintf(format, arguments);
        g_autofree char *shown = text_for_people(text);
        fputs(shown, file);
}

void output_print(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        print_to(stdout, format, arguments);
        va_end(arguments);
}

void output_note(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        print_to(stderr, format, arguments);
        va_end(arguments);
}

/* Jansson escapes C0 alone. DEL and C1 can only be inside of strings here. */
static char *escape_controls(const char *json)
{
        g_autoptr(GString) text = g_string_sized_new(strlen(json));
        for (const char *p = json; *p; p = g_utf8_next_char(p)) {
                gunichar character = g_utf8_get_char(p);
                if (character >= 0x7f && character < 0xa0)
                        g_string_append_printf(text, "\\u%04x", character);
                else
                        g_string_append_unichar(text, character);
        }
        return g_string_free(g_steal_pointer(&text), false);
}

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
        char *json = json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        json_decref(object);
        if (!json)
                return fail(error, LAUTTA_ERROR_SYSTEM, "cannot make JSON of the result");
        g_autofree char *text = escape_controls(json);
        free(json);
        if (puts(text) == EOF)
                return fail_errno(error, "cannot write to standard output");
        return true;
}
