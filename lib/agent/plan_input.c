/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan_input.h"

#include "domain_xml.h"
#include "paths.h"

/* Memory that QEMU takes in addition to its guest's, and memory that it may take for translated code
 * (domain_xml_qemu.c): docs/agent.md, "The plan". */
enum { QEMU_MIB = 96, TCG_CACHE_MIB = 128 };

/* An estimate of a guest's first writes to its root. */
enum { ROOT_MIB = 64 };

static uint64_t machine_memory_bytes(const Agent *agent, const ServiceDescription *description)
{
        uint64_t mib = QEMU_MIB + (agent->host.kvm ? 0 : TCG_CACHE_MIB);
        return description->memory_bytes + (mib << 20);
}

/* Its root is a reflink or an overlay of the image: only writes take disk. */
static uint64_t machine_disk_bytes(const Agent *agent, const ServiceDescription *description)
{
        g_autofree char *root =
                paths_root(agent->conf->state_directory, description->service, description->version);
        bool is_made = g_file_test(root, G_FILE_TEST_EXISTS);
        return is_made ? 0 : description->swap_bytes + ((uint64_t)ROOT_MIB << 20);
}

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
        version->exclusive = description->update == UPDATE_EXCLUSIVE;
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

PlanVersion *plan_input_version(const Agent *agent, const Stored *stored, const List *list)
{
        const ServiceDescription *description = stored->description;
        PlanVersion *version = plan_version_new(description->service, description->version);
        take_description(version, description);
        version->as_container = description->kind == KIND_CONTAINER ||
                                (list && relations_find(list->as_container, description->service));
        version->fetched = store_is_fetched(agent->store, description->service, description->version);
        if (!version->as_container) {
                version->memory_bytes = machine_memory_bytes(agent, description);
                version->disk_bytes = machine_disk_bytes(agent, description);
        }
        if (!version->fetched) {
                version->fetch_bytes = stored->data_bytes;
                version->disk_bytes += stored->data_bytes;
        }
        return version;
}

PlanVersion *plan_input_load_version(const Agent *agent, const char *service, const char *version,
                                     const List *list)
{
        g_autoptr(Stored) stored = store_load(agent->store, service, version, NULL);
        if (stored)
                return plan_input_version(agent, stored, list);
        PlanVersion *bare = plan_version_new(service, version);
        bare->fetched = store_is_fetched(agent->store, service, version);
        return bare;
}
