/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text in Debian's control format (deb822(5)): paragraphs of fields, as spans into the bytes that were read.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum { DEB822_NAME_MAX = 64, DEB822_FIELDS_MAX = 256, DEB822_PARAGRAPH_MAX_BYTES = 8 * 1024 * 1024 };

/* A stretch of the text; not NUL-terminated. */
typedef struct {
        const char *text;
        size_t size;
} Span;

typedef struct {
        Span name;
        Span value; /* of the first line without the blanks around it, then the raw lines that continue it */
        size_t line;
} Deb822Field;

typedef struct {
        const Deb822Field *fields; /* in the order of the text */
        size_t count;
        Span text; /* the paragraph as it was written, with its last newline */
        size_t line;
} Deb822Paragraph;

/* Called for each paragraph in turn. The paragraph is valid during the call, its spans as long as the text. */
typedef bool (*Deb822Visit)(const Deb822Paragraph *paragraph, void *user, GError **error);

/* Walk over the paragraphs of `text`; messages call it `name`. Refuses comments, NUL, CR, a field twice in a paragraph
 * (whatever its case), and anything over the bounds above. Errors: CORRUPT with "NAME:LINE: ...", or those of `visit`
 * (prefixed by NAME:LINE). */
bool deb822_parse(GBytes *text, const char *name, Deb822Visit visit, void *user, GError **error);

/* Returns: the field of that name in any case, or NULL. */
const Deb822Field *deb822_find(const Deb822Paragraph *paragraph, const char *name);

/* Returns: owned value of a field of one line. Errors: CORRUPT if it is absent, empty or has more lines. */
char *deb822_line(const Deb822Paragraph *paragraph, const char *name, GError **error);

/* As deb822_line(), but returns NULL without an error if the field is absent; `error` distinguishes the two. */
char *deb822_optional_line(const Deb822Paragraph *paragraph, const char *name, GError **error);

/* Returns: a span of all `bytes`, which must outlive it. */
Span span_of(GBytes *bytes);

/* True if the span is exactly `text`. */
bool span_is(Span span, const char *text);

/* Cut the next line off `rest`, with its newline; false at the end. */
bool span_next_line(Span *rest, Span *line);

/* Cut the next word off `rest`; blanks and newlines separate words. False at the end. */
bool span_next_word(Span *rest, Span *word);

/* Returns: owned copy. */
char *span_dup(Span span);
