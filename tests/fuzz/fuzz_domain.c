/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any XML as that of a domain: the domain is ours with service and version, or nothing is read from it. */
#include <stddef.h>
#include <stdint.h>

#include "domain_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *xml = g_strndup((const char *)data, size);
        g_autoptr(VirtDomain) domain = g_new0(VirtDomain, 1);
        domain_read_metadata(xml, domain);
        g_assert_true(!domain->service == !domain->version);
        g_assert_true(domain->service ||
                      (!domain->init && !domain->interface && !domain->settings && !domain->started_at));
        g_autofree char *console = domain_read_console(xml);
        return 0;
}
