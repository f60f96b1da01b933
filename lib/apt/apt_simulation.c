/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apt_simulation.h"

#include <string.h>

#include "deb822.h"
#include "errors.h"

void apt_change_free(void *data)
{
        AptChange *change = data;
        if (!change)
                return;
        g_free(change->name);
        g_free(change->from);
        g_free(change->to);
        g_free(change);
}

static bool not_understood(Span line, GError **error)
{
        g_autofree char *raw = g_strndup(line.text, MIN(line.size, 200));
        g_autofree char *text = g_utf8_make_valid(raw, -1);
        return fail(error, LAUTTA_ERROR_CORRUPT, "cannot understand a line of apt-get's simulation: '%s'",
                    text);
}

/* Cut `open`VERSION off the rest; the character after it is `close` or a blank. */
static char *take_version(Span *rest, char open, char close)
{
        if (rest->size < 2 || rest->text[0] != open)
                return NULL;
        size_t size = 1;
        while (size < rest->size && rest->text[size] != close && rest->text[size] != ' ')
                size++;
        if (size == rest->size || size == 1)
                return NULL;
        char *version = g_strndup(rest->text + 1, size - 1);
        *rest = (Span){rest->text + size, rest->size - size};
        return version;
}

static void skip_blanks(Span *rest)
{
        while (rest->size > 0 && (rest->text[0] == ' ' || rest->text[0] == ']'))
                *rest = (Span){rest->text + 1, rest->size - 1};
}

/* "NAME [OLD] (NEW ORIGIN [ARCHITECTURE]) [...]", where either version may be missing. */
static bool parse_change(Span line, bool goes, GPtrArray *changes, GError **error)
{
        Span rest = line;
        Span word = {0};
        AptChange *change = g_new0(AptChange, 1);
        g_ptr_array_add(changes, change);
        bool is_text = !memchr(line.text, '\0', line.size);
        if (!is_text || !span_next_word(&rest, &word) || !span_next_word(&rest, &word))
                return not_understood(line, error);
        change->name = span_dup(word);
        skip_blanks(&rest);
        change->from = take_version(&rest, '[', ']');
        skip_blanks(&rest);
        change->to = goes ? NULL : take_version(&rest, '(', ')');
        return (goes ? change->from != NULL : change->to != NULL) || not_understood(line, error);
}

static bool starts_with(Span line, const char *word)
{
        return line.size > strlen(word) && memcmp(line.text, word, strlen(word)) == 0;
}

GPtrArray *apt_simulation_parse(GBytes *text, GError **error)
{
        g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(apt_change_free);
        Span rest = span_of(text);
        Span line = {0};
        while (span_next_line(&rest, &line)) {
                bool comes = starts_with(line, "Inst ");
                bool goes = starts_with(line, "Remv ") || starts_with(line, "Purg ");
                if ((comes || goes) && !parse_change(line, goes, changes, error))
                        return NULL;
        }
        return g_steal_pointer(&changes);
}

static bool contains(const GPtrArray *names, const char *name)
{
        return names && g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
}

static void add_name(GString *names, const char *name)
{
        g_string_append_printf(names, "%s%s", names->len ? ", " : "", name);
}

bool apt_simulation_check_removals(const GPtrArray *changes, const GPtrArray *allowed, GError **error)
{
        g_autoptr(GString) names = g_string_new(NULL);
        for (guint i = 0; i < changes->len; i++) {
                const AptChange *change = g_ptr_array_index(changes, i);
                if (!change->to && !contains(allowed, change->name))
                        add_name(names, change->name);
        }
        return names->len == 0 ||
               fail(error, LAUTTA_ERROR_CONFLICT, "apt would have to remove %s", names->str);
}

bool apt_simulation_check_arrivals(const GPtrArray *changes, GHashTable *allowed, GError **error)
{
        g_autoptr(GString) names = g_string_new(NULL);
        for (guint i = 0; i < changes->len; i++) {
                const AptChange *change = g_ptr_array_index(changes, i);
                if (change->to && !g_hash_table_contains(allowed, change->name))
                        add_name(names, change->name);
        }
        return names->len == 0 ||
               fail(error, LAUTTA_ERROR_CONFLICT, "apt would have to install %s", names->str);
}
