/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_read.h"

#include <string.h>

static void take_attributes(GMarkupParseContext *context, const char *element, const char **names,
                            const char **values, void *data, GError **error)
{
        VirtDomain *domain = data;
        for (; *names; names++, values++) {
                if (strcmp(*names, "service") == 0 && !domain->service)
                        domain->service = g_strdup(*values);
                else if (strcmp(*names, "version") == 0 && !domain->version)
                        domain->version = g_strdup(*values);
                else if (strcmp(*names, "started") == 0)
                        domain->started_at = g_ascii_strtoll(*values, NULL, 10);
                else if (strcmp(*names, "processes") == 0)
                        domain->processes = (unsigned)g_ascii_strtoull(*values, NULL, 10);
                else if (strcmp(*names, "interface") == 0 && !domain->interface)
                        domain->interface = g_strdup(*values);
                else if (strcmp(*names, "init") == 0 && !domain->init)
                        domain->init = g_strdup(*values);
                else if (strcmp(*names, "settings") == 0 && !domain->settings)
                        domain->settings = g_strdup(*values);
        }
}

void domain_read_metadata(const char *xml, VirtDomain *result)
{
        const GMarkupParser parser = {.start_element = take_attributes};
        g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, result, NULL);
        bool parsed = g_markup_parse_context_parse(context, xml, -1, NULL) &&
                      g_markup_parse_context_end_parse(context, NULL);
        if (parsed && result->service && result->version)
                return;
        g_clear_pointer(&result->service, g_free);
        g_clear_pointer(&result->version, g_free);
        result->started_at = 0;
        result->processes = 0;
        g_clear_pointer(&result->interface, g_free);
        g_clear_pointer(&result->init, g_free);
        g_clear_pointer(&result->settings, g_free);
}

static void take_terminal(GMarkupParseContext *context, const char *element, const char **names,
                          const char **values, void *data, GError **error)
{
        char **terminal = data;
        for (; strcmp(element, "console") == 0 && *names; names++, values++)
                if (strcmp(*names, "tty") == 0 && !*terminal)
                        *terminal = g_strdup(*values);
}

char *domain_read_console(const char *xml)
{
        char *terminal = NULL;
        const GMarkupParser parser = {.start_element = take_terminal};
        g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, &terminal, NULL);
        g_markup_parse_context_parse(context, xml, -1, NULL);
        return terminal;
}
