/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as deb822: refused, or every span lies within the bytes and every field is found by its name. */
#include <stdint.h>
#include <string.h>

#include "deb822.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
        const char *begin;
        const char *end;
} Range;

static void check_span(const Range *range, Span span)
{
        g_assert(span.text >= range->begin && span.text + span.size <= range->end);
}

static bool visit(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        const Range *range = user;
        g_assert(paragraph->count > 0);
        check_span(range, paragraph->text);
        for (size_t i = 0; i < paragraph->count; i++) {
                check_span(range, paragraph->fields[i].name);
                check_span(range, paragraph->fields[i].value);
                g_assert(!memchr(paragraph->fields[i].value.text, '\0', paragraph->fields[i].value.size));
                g_autofree char *name = span_dup(paragraph->fields[i].name);
                g_assert(deb822_find(paragraph, name) == &paragraph->fields[i]);
                Span rest = paragraph->fields[i].value, word = {0};
                while (span_next_word(&rest, &word))
                        check_span(range, word);
        }
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        Range range = {(const char *)data, (const char *)data + size};
        deb822_parse(bytes, "fuzz", visit, &range, NULL);
        return 0;
}
