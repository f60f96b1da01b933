/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domains.h"

#include <string.h>

static int compare_domains(const void *a, const void *b)
{
        const VirtDomain *one = *(VirtDomain *const *)a, *other = *(VirtDomain *const *)b;
        int order = strcmp(one->service, other->service);
        if (order == 0)
                order = (one->started_at > other->started_at) - (one->started_at < other->started_at);
        return order ? order : strcmp(one->version, other->version);
}

void domains_sort(GPtrArray *domains)
{
        g_ptr_array_sort(domains, compare_domains);
}

guint domains_of(const GPtrArray *domains, const char *service, guint *count)
{
        guint first = 0, end = domains->len;
        while (first < end) {
                guint middle = first + (end - first) / 2;
                if (strcmp(((const VirtDomain *)domains->pdata[middle])->service, service) < 0)
                        first = middle + 1;
                else
                        end = middle;
        }
        for (end = first; end < domains->len; end++)
                if (strcmp(((const VirtDomain *)domains->pdata[end])->service, service) != 0)
                        break;
        *count = end - first;
        return first;
}

const VirtDomain *domains_find(const GPtrArray *domains, const char *service, const char *version)
{
        guint count = 0, first = domains_of(domains, service, &count);
        for (guint i = 0; i < count; i++) {
                const VirtDomain *domain = domains->pdata[first + i];
                if (g_strcmp0(domain->version, version) == 0)
                        return domain;
        }
        return count ? domains->pdata[first] : NULL;
}

bool domains_have(const GPtrArray *domains, const char *service, const char *version)
{
        const VirtDomain *domain = domains_find(domains, service, version);
        return domain && strcmp(domain->version, version) == 0;
}
