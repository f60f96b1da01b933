/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "errors.h"
#include "network_candidate.h"
#include "network_dhcp.h"
#include "network_ports.h"
#include "process.h"

/* A worse metric than that of the bridge's route, which serves all sockets that are not bound to the candidate's
 * interface. */
enum { ROUTE_METRIC = 4096 };

char *network_candidate_device(const NetworkService *service)
{
        return network_interface(service, !service->slot);
}

/* Returns: owned commands for `ip -batch`. */
static char *commands(const HostNetwork *network, const char *device, const uint8_t mac[6])
{
        g_autofree char *mac_text = network_mac_text(mac);
        g_autofree char *own = network_address_text(network->address);
        g_autofree char *base = network_base_text(network);
        return g_strdup_printf("link set dev %s address %s up\n"
                               "address replace %s/%u dev %s noprefixroute\n"
                               "route replace %s/%u dev %s metric %u src %s\n",
                               device, mac_text, own, network->prefix, device, base, network->prefix, device,
                               ROUTE_METRIC + network_interface_index(device), own);
}

static bool set_address(const HostNetwork *network, const char *device, GError **error)
{
        uint8_t mac[6] = {0};
        if (!network_interface_mac(network->bridge, mac, error))
                return false;
        g_autofree char *text = commands(network, device, mac);
        g_autoptr(GBytes) input = g_bytes_new(text, strlen(text));
        Process process = {.argv = (const char *const[]){"ip", "-batch", "-", NULL}, .input = input};
        return process_run(&process, NULL, NULL, error);
}

/* Loosens `rp_filter`: the route back to the candidate's address is the bridge's, so a strict check of a packet's
 * source would refuse it. */
static bool look_loosely(const char *device, GError **error)
{
        g_autofree char *name = g_strdup_printf("ipv4/conf/%s/rp_filter", device);
        return network_set_kernel(name, "2", error);
}

static bool isolate(const HostNetwork *network, const NetworkService *service, GError **error)
{
        g_autofree char *device = network_candidate_device(service);
        if (!network_interface_index(device))
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "there is no interface '%s'", device);
        return look_loosely(device, error) && network_port_detach(device, error) &&
               set_address(network, device, error) && network_dhcp_start(network, service, error);
}

bool network_candidate_isolate(const HostNetwork *network, const NetworkService *service, GError **error)
{
        g_autoptr(GError) why = NULL;
        if (isolate(network, service, &why))
                return true;
        g_autofree char *device = network_candidate_device(service);
        if (network_interface_index(device))
                g_propagate_error(error, g_steal_pointer(&why));
        else
                fail(error, LAUTTA_ERROR_SYSTEM, "it has ended by itself, its interface '%s' is gone",
                     device);
        g_prefix_error(error, "cannot set the candidate of '%s' apart: ", service->service);
        return false;
}

void network_candidate_keep_isolated(const HostNetwork *network, const NetworkService *service)
{
        g_autofree char *device = network_candidate_device(service);
        g_autofree char *port = g_strdup_printf("/sys/class/net/%s/brport", device);
        if (g_file_test(port, G_FILE_TEST_EXISTS))
                network_candidate_isolate(network, service, NULL);
}

void network_candidate_end(void)
{
        network_dhcp_end_but(NULL);
}
