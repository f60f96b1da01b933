/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network_types.h"

void network_service_free(NetworkService *service)
{
        if (!service)
                return;
        g_free(service->service);
        g_free(service);
}

char *network_interface(const NetworkService *service, unsigned slot)
{
        return g_strdup_printf("%s%02x%02x%02x", slot ? NETWORK_OTHER_INTERFACES : NETWORK_INTERFACES,
                               service->mac[3], service->mac[4], service->mac[5]);
}

unsigned network_interface_slot(const char *interface)
{
        return g_str_has_prefix(interface, NETWORK_OTHER_INTERFACES) ? 1 : 0;
}

char *network_address_text(uint32_t address)
{
        return g_strdup_printf("%u.%u.%u.%u", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff,
                               address & 0xff);
}

uint32_t network_mask(const HostNetwork *network)
{
        return network->prefix ? UINT32_MAX << (32 - network->prefix) : 0;
}

char *network_base_text(const HostNetwork *network)
{
        return network_address_text(network->address & network_mask(network));
}

char *network_mac_text(const uint8_t mac[6])
{
        return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                               mac[5]);
}

uint32_t network_port_key(ServiceProtocol protocol, unsigned port)
{
        return (uint32_t)protocol << 16 | port;
}
