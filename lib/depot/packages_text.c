/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of packages.h that edits the text of a Packages file: adds or removes a package. */
#include "packages.h"

#include "deb822.h"

typedef struct {
        const char *filename;
        bool found;
        GString *others; /* or NULL */
} Search;

static bool visit_paragraph(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        Search *search = user;
        const Deb822Field *field = deb822_find(paragraph, "Filename");
        if (field && span_is(field->value, search->filename)) {
                search->found = true;
                return true;
        }
        if (search->others) {
                g_string_append_len(search->others, paragraph->text.text, (gssize)paragraph->text.size);
                g_string_append_c(search->others, '\n');
        }
        return true;
}

bool packages_text_lists(GBytes *text, const char *filename, bool *listed, GError **error)
{
        Search search = {.filename = filename};
        if (!deb822_parse(text, "Packages", visit_paragraph, &search, error))
                return false;
        *listed = search.found;
        return true;
}

GBytes *packages_text_without(GBytes *text, const char *filename, GError **error)
{
        g_autoptr(GString) others = g_string_new(NULL);
        Search search = {.filename = filename, .others = others};
        if (!deb822_parse(text, "Packages", visit_paragraph, &search, error))
                return NULL;
        return g_string_free_to_bytes(g_steal_pointer(&others));
}

GBytes *packages_text_with(GBytes *text, GBytes *paragraph)
{
        g_autoptr(GByteArray) joined = g_byte_array_new();
        g_byte_array_append(joined, g_bytes_get_data(text, NULL), (guint)g_bytes_get_size(text));
        g_byte_array_append(joined, g_bytes_get_data(paragraph, NULL), (guint)g_bytes_get_size(paragraph));
        return g_byte_array_free_to_bytes(g_steal_pointer(&joined));
}
