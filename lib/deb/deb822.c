/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deb822.h"

#include <string.h>

#include "errors.h"

Span span_of(GBytes *bytes)
{
        size_t size = 0;
        const char *text = g_bytes_get_data(bytes, &size);
        return (Span){text ? text : "", size};
}

bool span_is(Span span, const char *text)
{
        return span.size == strlen(text) && memcmp(span.text, text, span.size) == 0;
}

bool span_next_line(Span *rest, Span *line)
{
        if (rest->size == 0)
                return false;
        const char *newline = memchr(rest->text, '\n', rest->size);
        size_t size = newline ? (size_t)(newline - rest->text) : rest->size;
        size_t taken = newline ? size + 1 : size;
        *line = (Span){rest->text, size};
        *rest = (Span){rest->text + taken, rest->size - taken};
        return true;
}

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

bool span_next_word(Span *rest, Span *word)
{
        const char *p = rest->text;
        const char *end = p + rest->size;
        while (p < end && (is_blank(*p) || *p == '\n'))
                p++;
        const char *start = p;
        while (p < end && !is_blank(*p) && *p != '\n')
                p++;
        *word = (Span){start, (size_t)(p - start)};
        *rest = (Span){p, (size_t)(end - p)};
        return word->size > 0;
}

char *span_dup(Span span)
{
        return g_strndup(span.text, span.size);
}

static Span strip(Span span)
{
        while (span.size > 0 && is_blank(span.text[0]))
                span = (Span){span.text + 1, span.size - 1};
        while (span.size > 0 && is_blank(span.text[span.size - 1]))
                span.size--;
        return span;
}

/* The state of a walk over the text. */
typedef struct {
        const char *name;
        Deb822Visit visit;
        void *user;
        GArray *fields; /* Deb822Field */
        size_t line;    /* number of the current line */
        Deb822Paragraph paragraph;
} Parser;

static bool corrupt(const Parser *parser, const char *what, GError **error)
{
        return fail(error, LAUTTA_ERROR_CORRUPT, "%s:%zu: %s", parser->name, parser->line, what);
}

/* True for names of RFC 5322 without the characters that have another meaning in deb822(5). */
static bool is_field_name(Span name)
{
        if (name.size == 0 || name.size > DEB822_NAME_MAX || name.text[0] == '-' || name.text[0] == '#')
                return false;
        for (size_t i = 0; i < name.size; i++)
                if (name.text[i] <= ' ' || name.text[i] > '~')
                        return false;
        return true;
}

static bool is_same_name(Span a, Span b)
{
        return a.size == b.size && g_ascii_strncasecmp(a.text, b.text, a.size) == 0;
}

static bool start_field(Parser *parser, Span line, GError **error)
{
        const char *colon = memchr(line.text, ':', line.size);
        Span name = {line.text, colon ? (size_t)(colon - line.text) : 0};
        if (!is_field_name(name))
                return corrupt(parser, "expected 'Field: value' or a line that begins with a blank", error);
        if (parser->fields->len >= DEB822_FIELDS_MAX)
                return corrupt(parser, "too many fields in one paragraph", error);
        for (guint i = 0; i < parser->fields->len; i++)
                if (is_same_name(g_array_index(parser->fields, Deb822Field, i).name, name)) {
                        g_autofree char *text = span_dup(name);
                        return fail(error, LAUTTA_ERROR_CORRUPT, "%s:%zu: field '%s' occurs twice",
                                    parser->name, parser->line, text);
                }
        Span value = strip((Span){colon + 1, line.size - name.size - 1});
        Deb822Field field = {name, value, parser->line};
        g_array_append_val(parser->fields, field);
        return true;
}

/* Extends the value to the end of this line, whose raw blanks it keeps. */
static bool continue_field(Parser *parser, Span line, GError **error)
{
        if (strip(line).size == 0)
                return corrupt(parser, "a line of nothing but blanks", error);
        if (parser->fields->len == 0)
                return corrupt(parser, "a continuation line without a field before it", error);
        Deb822Field *field = &g_array_index(parser->fields, Deb822Field, parser->fields->len - 1);
        field->value.size = (size_t)(line.text + line.size - field->value.text);
        return true;
}

static bool end_paragraph(Parser *parser, const char *end, GError **error)
{
        if (parser->fields->len == 0)
                return true;
        Deb822Paragraph *paragraph = &parser->paragraph;
        paragraph->fields = (const Deb822Field *)(void *)parser->fields->data;
        paragraph->count = parser->fields->len;
        paragraph->text.size = (size_t)(end - paragraph->text.text);
        if (!parser->visit(paragraph, parser->user, error)) {
                g_prefix_error(error, "%s:%zu: ", parser->name, paragraph->line);
                return false;
        }
        g_array_set_size(parser->fields, 0);
        return true;
}

static bool parse_line(Parser *parser, Span line, GError **error)
{
        if (line.size == 0)
                return end_paragraph(parser, line.text, error);
        if (memchr(line.text, '\0', line.size) || memchr(line.text, '\r', line.size))
                return corrupt(parser, "a NUL or CR character", error);
        if (parser->fields->len == 0) {
                parser->paragraph.text.text = line.text;
                parser->paragraph.line = parser->line;
        }
        if ((size_t)(line.text + line.size - parser->paragraph.text.text) > DEB822_PARAGRAPH_MAX_BYTES)
                return corrupt(parser, "the paragraph is too long", error);
        return is_blank(line.text[0]) ? continue_field(parser, line, error)
                                      : start_field(parser, line, error);
}

bool deb822_parse(GBytes *text, const char *name, Deb822Visit visit, void *user, GError **error)
{
        g_autoptr(GArray) fields = g_array_new(false, false, sizeof(Deb822Field));
        Parser parser = {.name = name, .visit = visit, .user = user, .fields = fields};
        Span rest = span_of(text);
        Span line = {0};
        while (span_next_line(&rest, &line)) {
                parser.line++;
                if (!parse_line(&parser, line, error))
                        return false;
        }
        return end_paragraph(&parser, rest.text, error);
}

const Deb822Field *deb822_find(const Deb822Paragraph *paragraph, const char *name)
{
        Span wanted = {name, strlen(name)};
        for (size_t i = 0; i < paragraph->count; i++)
                if (is_same_name(paragraph->fields[i].name, wanted))
                        return &paragraph->fields[i];
        return NULL;
}

char *deb822_optional_line(const Deb822Paragraph *paragraph, const char *name, GError **error)
{
        const Deb822Field *field = deb822_find(paragraph, name);
        if (!field)
                return NULL;
        if (field->value.size == 0 || memchr(field->value.text, '\n', field->value.size)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "field '%s' is not one line of text", name);
                return NULL;
        }
        return span_dup(field->value);
}

char *deb822_line(const Deb822Paragraph *paragraph, const char *name, GError **error)
{
        if (!deb822_find(paragraph, name)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "field '%s' is missing", name);
                return NULL;
        }
        return deb822_optional_line(paragraph, name, error);
}
