/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "planned.h"

static void take_ports(PlanVersion *version, const ServiceDescription *description)
{
        for (guint i = 0; i < description->forwards->len; i++) {
                const ServiceForward *forward = description->forwards->pdata[i];
                uint32_t port = (uint32_t)forward->protocol << 16 | forward->host_port;
                g_array_append_val(version->host_ports, port);
        }
}

static void take_description(PlanVersion *version, const ServiceDescription *description)
{
        version->kind = description->kind;
        version->memory_bytes = description->memory_bytes;
        version->priority = description->priority;
        g_strfreev(version->needs);
        version->needs = g_strdupv(description->needs);
        g_strfreev(version->after);
        version->after = g_strdupv(description->after);
        version->address = g_strdup(description->address);
        for (guint i = 0; i < description->volumes->len; i++) {
                const ServiceVolume *volume = description->volumes->pdata[i];
                plan_version_add_volume(version, volume->name, volume->size_bytes);
        }
        take_ports(version, description);
}

PlanVersion *plan_version_of(const Agent *agent, const Stored *stored, const List *list)
{
        const ServiceDescription *description = stored->description;
        PlanVersion *version = plan_version_new(description->service, description->version);
        take_description(version, description);
        version->as_container = description->kind == KIND_CONTAINER ||
                                (list && relations_find(list->as_container, description->service));
        version->fetched = store_is_fetched(agent->store, description->service, description->version);
        if (!version->fetched) {
                version->fetch_bytes = stored->data_bytes;
                version->disk_bytes =
                        stored->data_bytes + (version->as_container ? 0 : description->swap_bytes);
        }
        return version;
}

PlanVersion *plan_version_load(const Agent *agent, const char *service, const char *version, const List *list)
{
        g_autoptr(Stored) stored = store_load(agent->store, service, version, NULL);
        if (stored)
                return plan_version_of(agent, stored, list);
        PlanVersion *bare = plan_version_new(service, version);
        bare->fetched = store_is_fetched(agent->store, service, version);
        return bare;
}
