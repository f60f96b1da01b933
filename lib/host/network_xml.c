/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "digest.h"
#include "network_private.h"

static void append_names(GString *xml, GPtrArray *services)
{
        g_string_append(xml, "  <dns>\n");
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                g_autofree char *address = network_address_text(service->address);
                g_autofree char *host = g_markup_printf_escaped(
                        "    <host ip='%s'><hostname>%s</hostname></host>\n", address, service->service);
                g_string_append(xml, host);
        }
        g_string_append(xml, "  </dns>\n");
}

static void append_reservations(GString *xml, GPtrArray *services)
{
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                const uint8_t *m = service->mac;
                g_autofree char *address = network_address_text(service->address);
                g_autofree char *host = g_markup_printf_escaped(
                        "      <host mac='%02x:%02x:%02x:%02x:%02x:%02x' name='%s' ip='%s'/>\n", m[0], m[1],
                        m[2], m[3], m[4], m[5], service->service, address);
                g_string_append(xml, host);
        }
}

/* The range is the whole network, because libvirt lets the DHCP server give as many leases as it is long.
 * Nobody but services is heard there (firewall_origins.c), and each of them has its reservation. */
static void append_address(GString *xml, const HostNetwork *network, GPtrArray *services)
{
        uint32_t mask = network->prefix ? UINT32_MAX << (32 - network->prefix) : 0;
        g_autofree char *address = network_address_text(network->address);
        g_autofree char *first = network_address_text((network->address & mask) + 1);
        g_autofree char *last = network_address_text((network->address | ~mask) - 1);
        g_string_append_printf(xml, "  <ip address='%s' prefix='%u'>\n    <dhcp>\n", address,
                               network->prefix);
        g_string_append_printf(xml, "      <range start='%s' end='%s'/>\n", first, last);
        append_reservations(xml, services);
        g_string_append(xml, "    </dhcp>\n  </ip>\n");
}

char *network_bridge_mac(const HostNetwork *network)
{
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(network->bridge, strlen(network->bridge), digest);
        return g_strdup_printf("52:54:01:%02x:%02x:%02x", digest[0], digest[1], digest[2]);
}

char *network_xml(const HostNetwork *network, GPtrArray *services)
{
        GString *xml = g_string_new(NULL);
        g_autofree char *mac = network_bridge_mac(network);
        g_autofree char *head =
                g_markup_printf_escaped("<network>\n  <name>%s</name>\n  <forward mode='open'/>\n"
                                        "  <bridge name='%s' stp='off' delay='0'/>\n  <mac address='%s'/>\n"
                                        "  <domain name='%s' localOnly='yes'/>\n",
                                        network->bridge, network->bridge, mac, network->domain);
        g_string_append(xml, head);
        append_names(xml, services);
        append_address(xml, network, services);
        g_string_append(xml, "</network>\n");
        return g_string_free(xml, false);
}
