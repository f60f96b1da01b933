/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks each frame before the bridge learns from it: a service sends with its own MAC and address only, in ARP as
 * well. Otherwise it could take another service's traffic by claiming its MAC or address. Of a service's two interfaces
 * only the active slot's may send, whichever bridge libvirt has put the other on. */
#include "firewall.h"

/* nftables text: an interface with its own MAC, the same with its own address, and the rule for its DHCP requests. */
typedef struct {
        GPtrArray *macs;
        GPtrArray *names;
        GString *dhcp;
} Origins;

/* The client's MAC in a DHCP message, counted from the UDP header. */
#define CHADDR "@th,288,48"

static void add(const Origins *origins, const NetworkService *service, unsigned slot)
{
        const uint8_t *m = service->mac;
        g_autofree char *interface = network_interface(service, slot);
        g_autofree char *address = network_address_text(service->address);
        g_autofree char *own = network_mac_text(m);
        char *mac = g_strdup_printf("\"%s\" . %s", interface, own);
        g_ptr_array_add(origins->macs, mac);
        g_ptr_array_add(origins->names, g_strdup_printf("%s . %s", mac, address));
        g_string_append_printf(
                origins->dhcp,
                "    iifname . ether saddr { %s } ip saddr { 0.0.0.0, %s } udp sport 68 " CHADDR
                " 0x%02x%02x%02x%02x%02x%02x accept\n",
                mac, address, m[0], m[1], m[2], m[3], m[4], m[5]);
}

static char *join(GPtrArray *elements)
{
        g_ptr_array_add(elements, NULL);
        return g_strjoinv(", ", (char **)elements->pdata);
}

static void add_all(const Origins *origins, GPtrArray *services, GPtrArray *promoted)
{
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                add(origins, service, service->slot);
                if (promoted && g_ptr_array_find(promoted, service, NULL))
                        add(origins, service, !service->slot);
        }
}

/* Appends the sets and rules of the services' own addresses; nft has no empty set. DHCP requests come first and pass by
 * their client's MAC only, so a service cannot ask for another client, whichever source address it uses. */
static void append_own(GString *rules, const Origins *origins)
{
        if (origins->macs->len == 0)
                return;
        g_autofree char *macs = join(origins->macs);
        g_autofree char *names = join(origins->names);
        g_string_append_printf(
                rules,
                "    udp dport 67 goto dhcp\n"
                "    iifname . ether saddr . ip saddr { %s } accept\n"
                "    iifname . arp saddr ether . arp saddr ip { %s } iifname . ether saddr { %s } accept\n",
                names, names, macs);
}

/* Appends the table. Its forward chain also stops frames from port to port: ports are isolated, but libvirt adds a port
 * to the bridge a moment before isolating it. */
static void append_table(GString *rules, GPtrArray *services, GPtrArray *promoted)
{
        g_autoptr(GPtrArray) macs = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) dhcp = g_string_new(NULL);
        Origins origins = {macs, names, dhcp};
        add_all(&origins, services, promoted);
        g_string_append_printf(rules, "table bridge lautta {\n  chain dhcp {\n%s    drop\n  }\n", dhcp->str);
        g_string_append(rules, "  chain origins {\n"
                               "    type filter hook prerouting priority -300; policy accept;\n"
                               "    iifname != \"" NETWORK_INTERFACES
                               "*\" iifname != \"" NETWORK_OTHER_INTERFACES "*\" accept\n");
        append_own(rules, &origins);
        g_string_append(rules, "    drop\n  }\n  chain between_ports {\n"
                               "    type filter hook forward priority -300; policy accept;\n"
                               "    iifname \"" NETWORK_INTERFACES "*\" drop\n"
                               "    iifname \"" NETWORK_OTHER_INTERFACES "*\" drop\n  }\n}\n");
}

void firewall_append_antispoof(GString *rules, GPtrArray *services)
{
        append_table(rules, services, NULL);
}

char *firewall_switch(const HostNetwork *network, GPtrArray *services, GPtrArray *promoted, bool parts)
{
        GString *rules = g_string_new(
                "add table bridge lautta\ndelete table bridge lautta\n" FIREWALL_CLEAR_CONNTRACK);
        append_table(rules, services, promoted);
        if (parts && promoted->len > 0)
                firewall_append_conntrack(rules, network, promoted);
        return g_string_free(rules, false);
}
