/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network.h"

#include <string.h>

#include "digest.h"

/* A zone of the kernel's connection tracking: any number that no other program uses. */
#define CANDIDATE_ZONE "27745"

static const char *const protocol_names[] = {"tcp", "udp"};

typedef struct {
        const HostNetwork *network;
        GPtrArray *services;
        GString *rules;
} Firewall;

G_GNUC_PRINTF(2, 3) static void line(const Firewall *firewall, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        g_string_append_vprintf(firewall->rules, format, arguments);
        va_end(arguments);
        g_string_append_c(firewall->rules, '\n');
}

static char *subnet(const HostNetwork *network)
{
        g_autofree char *base = network_base_text(network);
        return g_strdup_printf("%s/%u", base, network->prefix);
}

/* Elements "A, B" of a set, or NULL if there are none: nft has no empty "{ }". */
static char *elements_or_null(GPtrArray *elements)
{
        if (elements->len == 0)
                return NULL;
        g_ptr_array_add(elements, NULL);
        return g_strjoinv(", ", (char **)elements->pdata);
}

static const NetworkService *find(GPtrArray *services, const char *name)
{
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                if (strcmp(service->service, name) == 0)
                        return service;
        }
        return NULL;
}

/* Appends the drop of packets from the bridge to the host's loopback, of packets from elsewhere with a service's address,
 * and of IPv6 from services. A candidate has the address of the running version, so its connections are tracked in a
 * zone of their own: otherwise it could continue one of the running version's connections. */
static void append_strangers(const Firewall *firewall)
{
        const char *bridge = firewall->network->bridge;
        g_autofree char *net = subnet(firewall->network);
        line(firewall, "  chain strangers {\n    type filter hook prerouting priority raw; policy accept;");
        line(firewall, "    iifname \"" NETWORK_INTERFACES "*\" goto from_candidate_first");
        line(firewall, "    iifname \"" NETWORK_OTHER_INTERFACES "*\" goto from_candidate_first");
        line(firewall, "    iifname != { \"lo\", \"%s\" } ip saddr %s drop", bridge, net);
        line(firewall, "    iifname \"%s\" ip daddr 127.0.0.0/8 drop", bridge);
        line(firewall, "    iifname \"%s\" meta nfproto ipv6 drop\n  }", bridge);
        line(firewall,
             "  chain to_candidate_first {\n    type filter hook output priority raw; policy accept;");
        line(firewall, "    oifname \"" NETWORK_INTERFACES "*\" ct zone set " CANDIDATE_ZONE);
        line(firewall, "    oifname \"" NETWORK_OTHER_INTERFACES "*\" ct zone set " CANDIDATE_ZONE "\n  }");
}

/* Among the services' interfaces, only a candidate's is seen here: all others are ports of the bridge. */
static void append_candidate(const Firewall *firewall)
{
        line(firewall, "  chain from_candidate_first {\n    meta nfproto ipv6 drop");
        line(firewall, "    ip daddr 127.0.0.0/8 drop\n    ct zone set " CANDIDATE_ZONE "\n  }");
        line(firewall, "  chain from_candidate {\n    udp sport 68 udp dport 67 accept");
        line(firewall, "    ct state established,related accept");
        line(firewall, "    reject with icmpx admin-prohibited\n  }");
}

static void append_from_services(const Firewall *firewall)
{
        g_autofree char *own = network_address_text(firewall->network->address);
        line(firewall, "  chain from_services {");
        line(firewall, "    udp sport 68 udp dport 67 accept");
        line(firewall, "    ip daddr %s udp dport 53 accept", own);
        line(firewall, "    ip daddr %s tcp dport 53 accept", own);
        line(firewall, "    ip daddr %s icmp type echo-request accept", own);
        line(firewall, "    reject with icmpx admin-prohibited\n  }");
}

static void append_guard(const Firewall *firewall)
{
        const GArray *inbound = firewall->network->inbound;
        line(firewall,
             "    icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept");
        line(firewall,
             "    icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept");
        line(firewall, "    udp sport 67 udp dport 68 accept");
        line(firewall, "    ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept");
        for (unsigned i = 0; inbound && i < inbound->len; i++) {
                uint32_t one = g_array_index(inbound, uint32_t, i);
                line(firewall, "    %s dport %u accept", protocol_names[one >> 16], one & 0xffff);
        }
        line(firewall, "    drop");
}

static void append_input(const Firewall *firewall)
{
        line(firewall, "  chain input {\n    type filter hook input priority filter; policy accept;");
        line(firewall, "    iifname \"lo\" accept");
        line(firewall, "    iifname \"" NETWORK_INTERFACES "*\" goto from_candidate");
        line(firewall, "    iifname \"" NETWORK_OTHER_INTERFACES "*\" goto from_candidate");
        line(firewall, "    ct state established,related accept");
        line(firewall, "    iifname \"%s\" jump from_services", firewall->network->bridge);
        if (firewall->network->guards_inbound)
                append_guard(firewall);
        line(firewall, "  }");
}

/* Appends the rules for one service's `allow`. */
static void append_allow(const Firewall *firewall, const NetworkService *to, const ServiceAllow *allow)
{
        const NetworkService *from = find(firewall->services, allow->from);
        bool all = strcmp(allow->from, "*") == 0;
        if (!from && !all)
                return;
        g_autofree char *source = from ? network_address_text(from->address) : subnet(firewall->network);
        g_autofree char *target = network_address_text(to->address);
        line(firewall, "    ip saddr %s ip daddr %s %s dport %u accept", source, target,
             protocol_names[allow->protocol], allow->port);
}

static void append_between(const Firewall *firewall)
{
        line(firewall, "  chain between_services {");
        for (unsigned i = 0; i < firewall->services->len; i++) {
                const NetworkService *to = firewall->services->pdata[i];
                for (unsigned j = 0; j < to->allows->len; j++)
                        append_allow(firewall, to, to->allows->pdata[j]);
        }
        line(firewall, "    reject with icmpx admin-prohibited\n  }");
}

/* Appends the rule that passes only packets sent to a forwarded port of the host. A neighbour at the site who routes
 * packets for the services' network to the host reaches no service. */
static void append_forward(const Firewall *firewall)
{
        const char *bridge = firewall->network->bridge;
        line(firewall, "  chain forward {\n    type filter hook forward priority filter; policy accept;");
        static const char *const candidates[] = {NETWORK_INTERFACES, NETWORK_OTHER_INTERFACES};
        for (size_t i = 0; i < G_N_ELEMENTS(candidates); i++) {
                line(firewall, "    iifname \"%s*\" reject with icmpx admin-prohibited", candidates[i]);
                line(firewall, "    oifname \"%s*\" drop", candidates[i]);
        }
        line(firewall, "    iifname != \"%s\" oifname != \"%s\" accept", bridge, bridge);
        line(firewall, "    ct state established,related accept");
        line(firewall, "    ct state invalid drop");
        line(firewall, "    iifname \"%s\" oifname \"%s\" jump between_services", bridge, bridge);
        line(firewall, "    iifname \"%s\" accept", bridge);
        line(firewall, "    ct status dnat accept");
        line(firewall, "    drop\n  }");
}

/* Returns: owned elements "8080 : 192.168.147.12 . 80", one for each forward of one protocol. */
static char *targets(const Firewall *firewall, ServiceProtocol protocol)
{
        g_autoptr(GPtrArray) elements = g_ptr_array_new_with_free_func(g_free);
        for (unsigned i = 0; i < firewall->services->len; i++) {
                const NetworkService *service = firewall->services->pdata[i];
                g_autofree char *address = network_address_text(service->address);
                for (unsigned j = 0; j < service->forwards->len; j++) {
                        const ServiceForward *forward = service->forwards->pdata[j];
                        if (forward->protocol == protocol && !network_keeps_port(firewall->network, forward))
                                g_ptr_array_add(elements, g_strdup_printf("%u : %s . %u", forward->host_port,
                                                                          address, forward->guest_port));
                }
        }
        return elements_or_null(elements);
}

static void append_dnat(const Firewall *firewall, const char *chain, const char *hook, const char *condition)
{
        g_autofree char *tcp = targets(firewall, PROTOCOL_TCP);
        g_autofree char *udp = targets(firewall, PROTOCOL_UDP);
        line(firewall, "  chain %s {\n    type nat hook %s priority -100; policy accept;", chain, hook);
        if (tcp)
                line(firewall, "    %s fib daddr type local dnat ip to tcp dport map { %s }", condition, tcp);
        if (udp)
                line(firewall, "    %s fib daddr type local dnat ip to udp dport map { %s }", condition, udp);
        line(firewall, "  }");
}

static void append_snat(const Firewall *firewall)
{
        const char *bridge = firewall->network->bridge;
        g_autofree char *net = subnet(firewall->network);
        line(firewall, "  chain source {\n    type nat hook postrouting priority srcnat; policy accept;");
        line(firewall, "    oifname \"%s\" fib saddr type local masquerade", bridge);
        line(firewall, "    oifname != { \"lo\", \"%s\" } ip saddr %s masquerade\n  }", bridge, net);
}

/* Returns: owned rules without the marker. */
static char *unmarked_rules(const HostNetwork *network, GPtrArray *services)
{
        g_autofree char *guest = g_strdup_printf("iifname != \"%s\" iifname != \"" NETWORK_INTERFACES
                                                 "*\" iifname != \"" NETWORK_OTHER_INTERFACES "*\"",
                                                 network->bridge);
        Firewall firewall = {network, services, g_string_new(NULL)};
        line(&firewall, FIREWALL_CLEAR "table inet lautta {");
        append_candidate(&firewall);
        append_strangers(&firewall);
        append_from_services(&firewall);
        append_input(&firewall);
        append_between(&firewall);
        append_forward(&firewall);
        append_dnat(&firewall, "forwarded", "prerouting", guest);
        append_dnat(&firewall, "forwarded_here", "output", "oifname \"lo\"");
        append_snat(&firewall);
        line(&firewall, "}");
        firewall_append_antispoof(firewall.rules, services);
        return g_string_free(firewall.rules, false);
}

char *firewall_marker(const HostNetwork *network, GPtrArray *services)
{
        g_autofree char *rules = unmarked_rules(network, services);
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(rules, strlen(rules), digest);
        g_autofree char *hex = digest_to_hex(digest);
        return g_strdup_printf("applied_%.16s", hex);
}

char *firewall_rules(const HostNetwork *network, GPtrArray *services)
{
        g_autofree char *rules = unmarked_rules(network, services);
        g_autofree char *marker = firewall_marker(network, services);
        return g_strdup_printf("%sadd chain inet lautta %s\nadd chain bridge lautta %s\n", rules, marker,
                               marker);
}
