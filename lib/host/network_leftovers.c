/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes what a libvirtd leaves when it is killed while it makes an interface or a bridge: the next libvirtd does not
 * know these, and cannot make them because they exist. */
#include <string.h>

#include "network_dhcp.h"
#include "network_ports.h"
#include "process.h"

/* The interface may disappear by itself meanwhile, which counts as success. */
bool network_interface_remove(const char *interface, GError **error)
{
        const char *argv[] = {"ip", "link", "delete", "dev", interface, NULL};
        g_autoptr(GError) why = NULL;
        if (!network_interface_index(interface) || process_run(&(Process){.argv = argv}, NULL, NULL, &why) ||
            !network_interface_index(interface))
                return true;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

static bool is_our_bridge(const HostNetwork *network)
{
        uint8_t m[6] = {0};
        g_autofree char *path = g_strdup_printf("/sys/class/net/%s/bridge", network->bridge);
        g_autofree char *ours = network_bridge_mac(network);
        if (!g_file_test(path, G_FILE_TEST_EXISTS) || !network_interface_mac(network->bridge, m, NULL))
                return false;
        g_autofree char *mac = network_mac_text(m);
        return strcmp(mac, ours) == 0;
}

bool network_clear_bridge(Virt *virt, const HostNetwork *network)
{
        if (!virt_network_is_away(virt, network->bridge) || !is_our_bridge(network))
                return false;
        network_dhcp_end_libvirts(network->bridge);
        return network_interface_remove(network->bridge, NULL);
}
