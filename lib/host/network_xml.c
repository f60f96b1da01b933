/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "digest.h"
#include "network.h"
#include "network_dhcp.h"

enum { DNS_LABEL_MAX = 63 };

/* Names with a fixed meaning for programs: no service answers to them. */
static const char *const reserved_names[] = {"localhost", "gateway", "broadcasthost", "wpad", NULL};

/* True if `name` has a dot: it may be a name of the Internet, such as "www.example.org", and must lead there. */
static bool is_host_name(const char *name)
{
        size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
        return length > 0 && length <= DNS_LABEL_MAX && name[length] == '\0' && name[length - 1] != '-' &&
               !g_strv_contains(reserved_names, name);
}

char *network_dhcp_name(const NetworkService *service)
{
        const uint8_t *m = service->mac;
        return is_host_name(service->service) ? g_strdup(service->service)
                                              : g_strdup_printf("service_%02x%02x%02x", m[3], m[4], m[5]);
}

/* The DNS server adds the domain to a name without a dot, and answers for both. */
static char *dns_name(const HostNetwork *network, const char *service)
{
        return is_host_name(service) ? g_strdup(service) : g_strdup_printf("%s.%s", service, network->domain);
}

static void append_names(GString *xml, const HostNetwork *network, GPtrArray *services)
{
        g_string_append(xml, "  <dns>\n");
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                g_autofree char *address = network_address_text(service->address);
                g_autofree char *name = dns_name(network, service->service);
                g_autofree char *host = g_markup_printf_escaped(
                        "    <host ip='%s'><hostname>%s</hostname></host>\n", address, name);
                g_string_append(xml, host);
        }
        g_string_append(xml, "  </dns>\n");
}

static void append_reservations(GString *xml, GPtrArray *services)
{
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                g_autofree char *mac = network_mac_text(service->mac);
                g_autofree char *address = network_address_text(service->address);
                g_autofree char *name = network_dhcp_name(service);
                g_autofree char *host = g_markup_printf_escaped("      <host mac='%s' name='%s' ip='%s'/>\n",
                                                                mac, name, address);
                g_string_append(xml, host);
        }
}

/* Appends the address without a DHCP range: libvirt then makes the DHCP server answer reservations only. From a range,
 * a service could take an address that a later service needs. */
static void append_address(GString *xml, const HostNetwork *network, GPtrArray *services)
{
        g_autofree char *address = network_address_text(network->address);
        g_string_append_printf(xml, "  <ip address='%s' prefix='%u'>\n    <dhcp>\n", address,
                               network->prefix);
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
        append_names(xml, network, services);
        append_address(xml, network, services);
        g_string_append(xml, "</network>\n");
        return g_string_free(xml, false);
}
