/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_xml.h"
#include "virt_private.h"

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
}
