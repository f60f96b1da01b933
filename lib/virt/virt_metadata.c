/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_read.h"
#include "domain_xml.h"
#include "errors.h"
#include "virt_private.h"

void virt_metadata_read(virDomain *domain, VirtDomain *result)
{
        char *text = virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, DOMAIN_NAMESPACE, 0);
        if (text)
                domain_read_metadata(text, result);
        free(text);
}

char *virt_console(Virt *virt, const char *name, int *id, GError **error)
{
        g_autoptr(virConnect) connection = virt_connect(virt, error);
        if (!connection)
                return NULL;
        g_autoptr(VirtCall) call = virt_call_begin(virt, "show the console of '%s'", name);
        g_autoptr(virDomain) domain = virDomainLookupByName(connection, name);
        char *xml = domain ? virDomainGetXMLDesc(domain, 0) : NULL;
        char *terminal = xml ? domain_read_console(xml) : NULL;
        free(xml);
        *id = domain ? (int)virDomainGetID(domain) : -1;
        if (!terminal)
                fail(error, LAUTTA_ERROR_NOT_FOUND, "'%s' has no console", name);
        return terminal;
}
