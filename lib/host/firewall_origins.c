/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Before the bridge learns anything from a frame: a service speaks with its own MAC and address alone, in
 * ARP, too. Otherwise it could take the traffic to another one by claiming its MAC or its address. */
#include "network_private.h"

/* "lautta-..." . MAC . address" of every service; the empty set is not in nft's language. */
static char *names(GPtrArray *services)
{
        g_autoptr(GPtrArray) elements = g_ptr_array_new_with_free_func(g_free);
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                const uint8_t *m = service->mac;
                g_autofree char *interface = network_interface(service, service->slot);
                g_autofree char *address = network_address_text(service->address);
                g_ptr_array_add(elements,
                                g_strdup_printf("\"%s\" . %02x:%02x:%02x:%02x:%02x:%02x . %s", interface,
                                                m[0], m[1], m[2], m[3], m[4], m[5], address));
        }
        g_ptr_array_add(elements, NULL);
        return g_strjoinv(", ", (char **)elements->pdata);
}

static char *macs(GPtrArray *services)
{
        g_autoptr(GPtrArray) elements = g_ptr_array_new_with_free_func(g_free);
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                const uint8_t *m = service->mac;
                g_autofree char *interface = network_interface(service, service->slot);
                g_ptr_array_add(elements, g_strdup_printf("\"%s\" . %02x:%02x:%02x:%02x:%02x:%02x", interface,
                                                          m[0], m[1], m[2], m[3], m[4], m[5]));
        }
        g_ptr_array_add(elements, NULL);
        return g_strjoinv(", ", (char **)elements->pdata);
}

void firewall_append_origins(GString *rules, GPtrArray *services)
{
        g_string_append(rules, "table bridge lautta {\n  chain origins {\n"
                               "    type filter hook prerouting priority -300; policy accept;\n"
                               "    iifname != \"" NETWORK_INTERFACES "*\" accept\n");
        if (services->len > 0) {
                g_autofree char *whole = names(services);
                g_autofree char *some = macs(services);
                g_string_append_printf(
                        rules,
                        "    iifname . ether saddr . ip saddr { %s } accept\n"
                        "    iifname . arp saddr ether . arp saddr ip { %s } iifname . ether saddr { %s } "
                        "accept\n"
                        "    iifname . ether saddr { %s } ip saddr 0.0.0.0 udp sport 68 udp dport 67 "
                        "accept\n",
                        whole, whole, some, some);
        }
        g_string_append(rules, "    drop\n  }\n}\n");
}
