/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drives lib/host by hand for functional tests, as the agent does for real. Not installed.
 *
 *     host-tool STATE RUN network SERVICE.yaml...         bring network and firewall to these services
 *     host-tool STATE RUN network-down
 *     host-tool STATE RUN start SERVICE.yaml SERVICES...  of all services on the network, start the first
 *     host-tool STATE RUN start-beside SERVICE.yaml SERVICES...   as a candidate
 *     host-tool STATE RUN switch SERVICE.yaml SERVICES...         to what OTHER says now
 *     host-tool STATE RUN candidate-end
 *     host-tool STATE RUN stop NAME [VERSION]             by force; stop-gently waits GRACE_MS
 *     host-tool STATE RUN list | console NAME VERSION | remove-root NAME [VERSION] | remove-volumes NAME
 *     host-tool STATE RUN health SERVICE.yaml SERVICES... | health-beside SERVICE.yaml SERVICES...
 *     host-tool STATE RUN rules SERVICE.yaml...           print the firewall's rules
 *
 * In the environment: GUARD=1 guards what comes to the host itself; INBOUND="22 80" stays open then.
 * OTHER="web db" are heard at their second interface. MACHINES=1 runs machines, too; then AS_CONTAINER=1
 * starts one as a container, KERNEL and MODULES are the host's kernel, LAN is the bridge of the site, and
 * SETTINGS the directory of what starts. */
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "instance.h"

typedef struct {
        InstanceHost host;
        HostNetwork network;
        GPtrArray *descriptions;
        GPtrArray *services;
        char **arguments;
        int count;
} Tool;

static bool read_services(Tool *tool, GError **error)
{
        for (int i = 0; i < tool->count; i++) {
                ServiceDescription *description = description_load(tool->arguments[i], error);
                if (!description)
                        return false;
                g_ptr_array_add(tool->descriptions, description);
        }
        tool->services = network_plan(&tool->network, tool->descriptions, NULL, error);
        g_auto(GStrv) others = g_strsplit(g_getenv("OTHER") ? g_getenv("OTHER") : "", " ", -1);
        for (unsigned i = 0; tool->services && i < tool->services->len; i++) {
                NetworkService *service = tool->services->pdata[i];
                service->slot = g_strv_contains((const char *const *)others, service->service) ? 1 : 0;
        }
        return tool->services != NULL;
}

static bool run_network(Tool *tool, GError **error)
{
        return read_services(tool, error) &&
               network_apply(tool->host.containers, &tool->network, tool->services, error);
}

static bool run_network_down(Tool *tool, GError **error)
{
        return network_apply(tool->host.containers, &tool->network, NULL, error);
}

static bool run_rules(Tool *tool, GError **error)
{
        if (!read_services(tool, error))
                return false;
        g_autofree char *rules = firewall_rules(&tool->network, tool->services);
        g_print("%s", rules);
        return true;
}

static bool start(Tool *tool, bool beside, GError **error)
{
        if (!read_services(tool, error))
                return false;
        const ServiceDescription *description = tool->descriptions->pdata[0];
        g_autofree char *image = description_path(description, description->image_file);
        Instance instance = {.description = description,
                             .image = image,
                             .as_container = description->kind == KIND_CONTAINER || g_getenv("AS_CONTAINER"),
                             .network = tool->services->pdata[0],
                             .beside = beside,
                             .settings = g_getenv("SETTINGS")};
        return instance_start(&tool->host, &instance, error);
}

static bool run_start(Tool *tool, GError **error)
{
        return start(tool, false, error);
}

static bool run_start_beside(Tool *tool, GError **error)
{
        return start(tool, true, error);
}

static bool run_switch(Tool *tool, GError **error)
{
        if (!read_services(tool, error))
                return false;
        int64_t begin = g_get_monotonic_time();
        bool done = network_switch(&tool->network, tool->services, error);
        g_print("%.1f ms\n", (double)(g_get_monotonic_time() - begin) / 1000);
        return done;
}

static bool run_candidate_end(Tool *tool, GError **error)
{
        network_candidate_end();
        return true;
}

static bool health(Tool *tool, bool beside, GError **error)
{
        if (!read_services(tool, error))
                return false;
        const NetworkService *service = tool->services->pdata[0];
        g_autofree char *address = network_address_text(service->address);
        g_autofree char *device = beside ? network_candidate_device(service) : NULL;
        return instance_health(tool->descriptions->pdata[0], address, device, 2000, error);
}

static bool run_health(Tool *tool, GError **error)
{
        return health(tool, false, error);
}

static bool run_health_beside(Tool *tool, GError **error)
{
        return health(tool, true, error);
}

static const char *second(const Tool *tool)
{
        return tool->count > 1 ? tool->arguments[1] : NULL;
}

static bool run_stop(Tool *tool, GError **error)
{
        return instance_stop(&tool->host, tool->arguments[0], second(tool), 0, error);
}

static bool run_stop_gently(Tool *tool, GError **error)
{
        const char *grace = g_getenv("GRACE_MS");
        return instance_stop(&tool->host, tool->arguments[0], second(tool),
                             grace ? (unsigned)atoi(grace) : 10000, error);
}

static bool run_remove_root(Tool *tool, GError **error)
{
        return instance_remove_root(&tool->host, tool->arguments[0], second(tool), error);
}

static bool run_remove_volumes(Tool *tool, GError **error)
{
        return instance_remove_volumes(&tool->host, tool->arguments[0], error);
}

static bool run_list(Tool *tool, GError **error)
{
        g_autoptr(GPtrArray) list = instances_list(&tool->host, error);
        for (unsigned i = 0; list && i < list->len; i++) {
                const VirtDomain *domain = list->pdata[i];
                g_print("%s %s %s\n", domain->service, domain->version,
                        domain->runs ? "runs" : "does not run");
        }
        return list != NULL;
}

static bool run_console(Tool *tool, GError **error)
{
        g_autofree char *text = instance_console(&tool->host, tool->arguments[0], second(tool), 4096);
        g_print("%s", text);
        return true;
}

static const struct {
        const char *name;
        int least;
        bool (*run)(Tool *tool, GError **error);
} actions[] = {
        {"network", 0, run_network},
        {"network-down", 0, run_network_down},
        {"start", 1, run_start},
        {"start-beside", 1, run_start_beside},
        {"switch", 0, run_switch},
        {"candidate-end", 0, run_candidate_end},
        {"stop", 1, run_stop},
        {"stop-gently", 1, run_stop_gently},
        {"remove-root", 1, run_remove_root},
        {"list", 0, run_list},
        {"remove-volumes", 1, run_remove_volumes},
        {"console", 2, run_console},
        {"health", 1, run_health},
        {"health-beside", 1, run_health_beside},
        {"rules", 0, run_rules},
};

static bool run(Tool *tool, const char *name, GError **error)
{
        for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
                if (strcmp(actions[i].name, name) == 0 && tool->count >= actions[i].least)
                        return actions[i].run(tool, error);
        return fail(error, LAUTTA_ERROR_USAGE, "no action '%s', or too few arguments", name);
}

static GArray *read_inbound(void)
{
        GArray *inbound = g_array_new(false, false, sizeof(uint32_t));
        g_auto(GStrv) ports = g_strsplit(g_getenv("INBOUND") ? g_getenv("INBOUND") : "", " ", -1);
        for (char **port = ports; *port; port++) {
                uint32_t one = (uint32_t)atoi(*port);
                if (one)
                        g_array_append_val(inbound, one);
        }
        return inbound;
}

static bool open_drivers(Tool *tool, GError **error)
{
        tool->host.containers = virt_open("lxc:///system", error);
        if (!tool->host.containers || !g_getenv("MACHINES"))
                return tool->host.containers != NULL;
        tool->host.machines = virt_open("qemu:///system", error);
        tool->host.kvm = tool->host.machines && virt_has_kvm(tool->host.machines);
        return tool->host.machines != NULL;
}

static int run_tool(Tool *tool, const char *action)
{
        g_autoptr(GError) error = NULL;
        if (open_drivers(tool, &error) && run(tool, action, &error))
                return 0;
        g_printerr("host-tool: %s\n", error->message);
        return error_exit_code(error);
}

int main(int argc, char **argv)
{
        if (argc < 4)
                return 2;
        g_autoptr(GPtrArray) descriptions = g_ptr_array_new_with_free_func((GDestroyNotify)description_free);
        g_autoptr(GArray) inbound = read_inbound();
        Tool tool = {
                .network = {.bridge = "lautta0",
                            .address = 0xc0a89301,
                            .prefix = 24,
                            .domain = "lautta.internal",
                            .inbound = inbound,
                            .guards_inbound = g_getenv("GUARD") != NULL,
                            .lan = (char *)g_getenv("LAN")},
                .host = {.state_directory = argv[1],
                         .run_directory = argv[2],
                         .kernel = g_getenv("KERNEL"),
                         .modules = g_getenv("MODULES")},
                .descriptions = descriptions,
                .arguments = argv + 4,
                .count = argc - 4,
        };
        tool.host.network = &tool.network;
        int code = run_tool(&tool, argv[3]);
        g_clear_pointer(&tool.services, g_ptr_array_unref);
        virt_free(tool.host.machines);
        virt_free(tool.host.containers);
        return code;
}
