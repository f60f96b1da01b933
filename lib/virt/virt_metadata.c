/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_xml.h"
#include "virt_private.h"

#include <string.h>

#include "errors.h"

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
                else if (strcmp(*names, "init") == 0 && !domain->init)
                        domain->init = g_strdup(*values);
        }
}

void virt_metadata_read(virDomain *domain, VirtDomain *result)
{
        char *text = virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, DOMAIN_NAMESPACE, 0);
        if (!text)
                return;
        const GMarkupParser parser = {.start_element = take_attributes};
        g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, result, NULL);
        bool parsed = g_markup_parse_context_parse(context, text, -1, NULL);
        free(text);
        if (parsed && result->service && result->version)
                return;
        g_clear_pointer(&result->service, g_free);
        g_clear_pointer(&result->version, g_free);
        result->started_at = 0;
        g_clear_pointer(&result->init, g_free);
}

static void take_terminal(GMarkupParseContext *context, const char *element, const char **names,
                          const char **values, void *data, GError **error)
{
        char **terminal = data;
        for (; strcmp(element, "console") == 0 && *names; names++, values++)
                if (strcmp(*names, "tty") == 0 && !*terminal)
                        *terminal = g_strdup(*values);
}

char *virt_console(Virt *virt, const char *name, GError **error)
{
        g_autoptr(virConnect) connection = virt_connect(virt, error);
        if (!connection)
                return NULL;
        char *terminal = NULL;
        g_autoptr(virDomain) domain = virDomainLookupByName(connection, name);
        char *xml = domain ? virDomainGetXMLDesc(domain, 0) : NULL;
        if (xml) {
                const GMarkupParser parser = {.start_element = take_terminal};
                g_autoptr(GMarkupParseContext) context =
                        g_markup_parse_context_new(&parser, 0, &terminal, NULL);
                g_markup_parse_context_parse(context, xml, -1, NULL);
        }
        free(xml);
        if (!terminal)
                fail(error, LAUTTA_ERROR_NOT_FOUND, "'%s' has no console", name);
        return terminal;
}
