/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps each connection at the version where it began, as long as that version runs: a request that is being answered
 * is not interrupted by a switch. */
#include "firewall.h"

#define CONNTRACK "lautta_conntrack"

/* "lat0" and "lat1". Packets carry the same marks, so no other program may use them. */
static const char *const marks[] = {"0x6c617430", "0x6c617431"};

char *firewall_alias(const NetworkService *service, unsigned slot)
{
        const uint8_t *m = service->mac;
        return g_strdup_printf("52:54:%02x:%02x:%02x:%02x", slot ? 3 : 2, m[3], m[4], m[5]);
}

/* Appends the rules that mark connections. A connection belongs to the slot that last sent on it: a client whose port
 * never changes has the same connection with both versions. A new connection belongs to the new slot; a connection on
 * which nothing was sent since the switch belongs to the old one. DHCP answers cannot be distinguished like this and go to
 * the new version. */
static void append_connections(GString *rules, GPtrArray *promoted)
{
        g_string_append(rules, "table inet " CONNTRACK " {\n  chain from {\n"
                               "    type filter hook prerouting priority mangle; policy accept;\n");
        for (unsigned i = 0; i < promoted->len; i++) {
                const NetworkService *service = promoted->pdata[i];
                g_autofree char *address = network_address_text(service->address);
                for (unsigned slot = 0; slot < G_N_ELEMENTS(marks); slot++)
                        g_string_append_printf(rules, "    meta mark %s ip saddr %s ct mark set %s\n",
                                               marks[slot], address, marks[slot]);
        }
        g_string_append(
                rules,
                "  }\n  chain to {\n    type filter hook postrouting priority mangle; policy accept;\n");
        for (unsigned i = 0; i < promoted->len; i++) {
                const NetworkService *service = promoted->pdata[i];
                g_autofree char *address = network_address_text(service->address);
                const char *mark = marks[service->slot], *other = marks[!service->slot];
                g_string_append_printf(rules,
                                       "    ip daddr %s udp sport 67 udp dport 68 ct mark set %s\n"
                                       "    ip daddr %s ct state new ct mark set %s\n"
                                       "    ip daddr %s ct mark %s meta mark set %s accept\n"
                                       "    ip daddr %s meta mark set %s accept\n",
                                       address, mark, address, mark, address, mark, mark, address, other);
        }
        g_string_append(rules, "  }\n}\n");
}

static void append_into_bridge(GString *rules, const HostNetwork *network, GPtrArray *promoted)
{
        g_string_append_printf(rules,
                               "table netdev " CONNTRACK " {\n  chain into_bridge {\n"
                               "    type filter hook egress device \"%s\" priority 0; policy accept;\n",
                               network->bridge);
        for (unsigned i = 0; i < promoted->len; i++) {
                const NetworkService *service = promoted->pdata[i];
                g_autofree char *address = network_address_text(service->address);
                for (unsigned slot = 0; slot < G_N_ELEMENTS(marks); slot++) {
                        g_autofree char *alias = firewall_alias(service, slot);
                        g_string_append_printf(rules, "    meta mark %s ip daddr %s ether daddr set %s\n",
                                               marks[slot], address, alias);
                }
        }
        g_string_append(rules, "  }\n}\n");
}

/* Appends the rules that turn an alias back into the MAC, at either port: if the old port is gone, the new version gets
 * the frame and resets the connection that it does not know. */
static void append_out_of_bridge(GString *rules, const NetworkService *service)
{
        g_autofree char *mac = network_mac_text(service->mac);
        g_autofree char *one = firewall_alias(service, 0);
        g_autofree char *other = firewall_alias(service, 1);
        g_string_append_printf(rules, "    ether daddr { %s, %s } ether daddr set %s\n", one, other, mac);
}

static void append_bridge(GString *rules, GPtrArray *promoted)
{
        g_string_append(rules, "table bridge " CONNTRACK " {\n  chain from {\n"
                               "    type filter hook prerouting priority -299; policy accept;\n");
        for (unsigned i = 0; i < promoted->len; i++) {
                const NetworkService *service = promoted->pdata[i];
                for (unsigned slot = 0; slot < G_N_ELEMENTS(marks); slot++) {
                        g_autofree char *interface = network_interface(service, slot);
                        g_string_append_printf(rules, "    iifname \"%s\" meta mark set %s\n", interface,
                                               marks[slot]);
                }
        }
        g_string_append(rules, "  }\n  chain out_of_bridge {\n"
                               "    type filter hook postrouting priority 300; policy accept;\n");
        for (unsigned i = 0; i < promoted->len; i++)
                append_out_of_bridge(rules, promoted->pdata[i]);
        g_string_append(rules, "  }\n}\n");
}

void firewall_append_conntrack(GString *rules, const HostNetwork *network, GPtrArray *promoted)
{
        append_connections(rules, promoted);
        append_into_bridge(rules, network, promoted);
        append_bridge(rules, promoted);
}
