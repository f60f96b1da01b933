/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "yaml_guard.h"

#include <string.h>
#include <yaml.h>

#include "errors.h"

typedef struct {
        const char *name;
        int depth;
        int events;
        int documents;
} Guard;

static bool refuse(const Guard *guard, const yaml_event_t *event, const char *why, GError **error)
{
        return fail(error, LAUTTA_ERROR_USAGE, "%s:%zu: %s", guard->name, event->start_mark.line + 1, why);
}

static bool check_marks(const Guard *guard, const yaml_event_t *event, const yaml_char_t *anchor,
                        const yaml_char_t *tag, GError **error)
{
        if (anchor)
                return refuse(guard, event, "an anchor (&) is not allowed: write the value out", error);
        if (tag)
                return refuse(guard, event, "a tag (!) is not allowed: every value is plain text", error);
        return true;
}

/* Values end up in messages, file names and argument vectors, so control characters are refused, escaped ones
 * too. */
static bool check_scalar(const Guard *guard, const yaml_event_t *event, GError **error)
{
        const char *text = (const char *)event->data.scalar.value;
        if (event->data.scalar.length > YAML_MAX_SCALAR_BYTES)
                return refuse(guard, event, "a value is longer than 1,024 bytes", error);
        if (strlen(text) != event->data.scalar.length)
                return refuse(guard, event, "a value contains a NUL character", error);
        for (const char *p = text; *p; p = g_utf8_next_char(p))
                if (g_unichar_iscntrl(g_utf8_get_char(p)))
                        return refuse(
                                guard, event,
                                "a value contains a line break or another control character: values are one line of plain text",
                                error);
        return check_marks(guard, event, event->data.scalar.anchor, event->data.scalar.tag, error);
}

static bool check_document(Guard *guard, const yaml_event_t *event, GError **error)
{
        if (++guard->documents > 1)
                return refuse(guard, event, "a second document (---) is not allowed", error);
        if (event->data.document_start.version_directive ||
            event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
                return refuse(guard, event, "a directive (%) is not allowed", error);
        return true;
}

static bool enter(Guard *guard, const yaml_event_t *event, GError **error)
{
        if (++guard->depth > YAML_MAX_DEPTH)
                return refuse(guard, event, "values are nested more than 16 levels deep", error);
        if (event->type == YAML_SEQUENCE_START_EVENT)
                return check_marks(guard, event, event->data.sequence_start.anchor,
                                   event->data.sequence_start.tag, error);
        return check_marks(guard, event, event->data.mapping_start.anchor, event->data.mapping_start.tag,
                           error);
}

static bool check_event(Guard *guard, const yaml_event_t *event, GError **error)
{
        if (++guard->events > YAML_MAX_EVENTS)
                return refuse(guard, event, "the file has more than 10,000 values and brackets", error);
        switch (event->type) {
        case YAML_DOCUMENT_START_EVENT:
                return check_document(guard, event, error);
        case YAML_ALIAS_EVENT:
                return refuse(guard, event, "an alias (*) is not allowed: write the value out", error);
        case YAML_SCALAR_EVENT:
                return check_scalar(guard, event, error);
        case YAML_SEQUENCE_START_EVENT:
        case YAML_MAPPING_START_EVENT:
                return enter(guard, event, error);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                guard->depth--;
                return true;
        default:
                return true;
        }
}

static bool fail_with_problem(const char *name, const yaml_parser_t *parser, GError **error)
{
        return fail(error, LAUTTA_ERROR_USAGE, "%s:%zu: not YAML: %s%s%s", name,
                    parser->problem_mark.line + 1, parser->problem ? parser->problem : "cannot be read",
                    parser->context ? ", " : "", parser->context ? parser->context : "");
}

static bool check_events(yaml_parser_t *parser, Guard *guard, GError **error)
{
        for (bool more = true; more;) {
                yaml_event_t event;
                if (!yaml_parser_parse(parser, &event))
                        return fail_with_problem(guard->name, parser, error);
                more = event.type != YAML_STREAM_END_EVENT;
                bool good = check_event(guard, &event, error);
                yaml_event_delete(&event);
                if (!good)
                        return false;
        }
        return true;
}

/* Fail with the line of the first byte that is not text. */
static bool check_encoding(const char *text, size_t size, const char *name, GError **error)
{
        const char *end = NULL;
        if (g_utf8_validate(text, (gssize)size, &end))
                return true;
        size_t line = 1;
        for (const char *p = text; p < end; p++)
                line += *p == '\n';
        return fail(error, LAUTTA_ERROR_USAGE, "%s:%zu: the file is not UTF-8 text", name, line);
}

bool yaml_guard(GBytes *source, const char *name, GError **error)
{
        size_t size = 0;
        const char *text = g_bytes_get_data(source, &size);
        if (size == 0)
                return fail(error, LAUTTA_ERROR_USAGE, "%s:1: the file is empty", name);
        if (!check_encoding(text, size, name, error))
                return false;

        yaml_parser_t parser;
        if (!yaml_parser_initialize(&parser))
                return fail(error, LAUTTA_ERROR_SYSTEM, "%s: no memory for a YAML parser", name);
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
        Guard guard = {.name = name};
        bool good = check_events(&parser, &guard, error);
        yaml_parser_delete(&parser);
        if (good && guard.documents == 0)
                return fail(error, LAUTTA_ERROR_USAGE, "%s:1: the file is empty", name);
        return good;
}
