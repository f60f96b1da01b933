/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network_entries.h"

#include <string.h>

#include "errors.h"

typedef struct {
        NetworkEntries *entries;
        GString *shape;
        GString *dns_host; /* NULL outside of one */
} Reader;

static const char *attribute(const char **names, const char **values, const char *name)
{
        for (; *names; names++, values++)
                if (strcmp(*names, name) == 0)
                        return *values;
        return "";
}

static bool is_within(GMarkupParseContext *context, const char *parent)
{
        const GSList *stack = g_markup_parse_context_get_element_stack(context);
        return stack && stack->next && strcmp(stack->next->data, parent) == 0;
}

static void read_start(GMarkupParseContext *context, const char *element, const char **names,
                       const char **values, void *data, GError **error)
{
        Reader *reader = data;
        if (strcmp(element, "bridge") == 0)
                g_string_append_printf(reader->shape, "bridge %s\n", attribute(names, values, "name"));
        else if (strcmp(element, "ip") == 0)
                g_string_append_printf(reader->shape, "ip %s/%s\n", attribute(names, values, "address"),
                                       attribute(names, values, "prefix"));
        else if (strcmp(element, "range") == 0)
                g_string_append_printf(reader->shape, "range %s-%s\n", attribute(names, values, "start"),
                                       attribute(names, values, "end"));
        else if (strcmp(element, "domain") == 0)
                g_string_append_printf(reader->shape, "domain %s\n", attribute(names, values, "name"));
        else if (strcmp(element, "host") == 0 && is_within(context, "dhcp"))
                g_hash_table_add(reader->entries->dhcp,
                                 g_markup_printf_escaped("<host mac='%s' name='%s' ip='%s'/>",
                                                         attribute(names, values, "mac"),
                                                         attribute(names, values, "name"),
                                                         attribute(names, values, "ip")));
        else if (strcmp(element, "host") == 0 && is_within(context, "dns") && !reader->dns_host) {
                g_autofree char *head =
                        g_markup_printf_escaped("<host ip='%s'>", attribute(names, values, "ip"));
                reader->dns_host = g_string_new(head);
        }
}

static void read_text(GMarkupParseContext *context, const char *text, gsize size, void *data, GError **error)
{
        Reader *reader = data;
        if (!reader->dns_host || strcmp(g_markup_parse_context_get_element(context), "hostname") != 0)
                return;
        g_autofree char *name = g_markup_escape_text(text, (gssize)size);
        g_string_append_printf(reader->dns_host, "<hostname>%s</hostname>", name);
}

static void read_end(GMarkupParseContext *context, const char *element, void *data, GError **error)
{
        Reader *reader = data;
        if (!reader->dns_host || strcmp(element, "host") != 0)
                return;
        g_string_append(reader->dns_host, "</host>");
        g_hash_table_add(reader->entries->dns, g_string_free(g_steal_pointer(&reader->dns_host), false));
}

NetworkEntries *network_entries_read(const char *xml, GError **error)
{
        g_autoptr(NetworkEntries) entries = g_new0(NetworkEntries, 1);
        entries->dhcp = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        entries->dns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        const GMarkupParser parser = {
                .start_element = read_start, .text = read_text, .end_element = read_end};
        Reader reader = {entries, g_string_new(NULL), NULL};
        g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, &reader, NULL);
        g_autoptr(GError) why = NULL;
        bool parsed = g_markup_parse_context_parse(context, xml, -1, &why) &&
                      g_markup_parse_context_end_parse(context, &why);
        entries->shape = g_string_free(reader.shape, false);
        if (reader.dns_host)
                g_string_free(reader.dns_host, true);
        if (parsed)
                return g_steal_pointer(&entries);
        fail(error, LAUTTA_ERROR_CORRUPT, "the network's XML is not well formed: %s", why->message);
        return NULL;
}

void network_entries_free(NetworkEntries *entries)
{
        if (!entries)
                return;
        g_free(entries->shape);
        g_clear_pointer(&entries->dhcp, g_hash_table_unref);
        g_clear_pointer(&entries->dns, g_hash_table_unref);
        g_free(entries);
}
