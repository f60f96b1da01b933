/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <string.h>

#include "digest.h"
#include "errors.h"
#include "network.h"

/* Addresses and host ports that are taken, each with the NetworkService that has it. */
typedef struct {
        const HostNetwork *network;
        uint32_t first; /* the first address that a service may have */
        uint32_t count; /* how many there are */
        GHashTable *addresses;
        GHashTable *ports;
} Plan;

/* Leaves out the network's own address and its broadcast address. */
static Plan plan_new(const HostNetwork *network)
{
        uint32_t mask = network_mask(network);
        uint32_t base = network->address & mask;
        return (Plan){network, base + 1, ~mask < 2 ? 0 : ~mask - 1, g_hash_table_new(NULL, NULL),
                      g_hash_table_new(NULL, NULL)};
}

static void plan_clear(Plan *plan)
{
        g_hash_table_unref(plan->addresses);
        g_hash_table_unref(plan->ports);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

static bool can_have(const Plan *plan, uint32_t address)
{
        return address - plan->first < plan->count && address != plan->network->address;
}

static bool is_free(const Plan *plan, uint32_t address)
{
        return can_have(plan, address) && !g_hash_table_contains(plan->addresses, GUINT_TO_POINTER(address));
}

static void take(const Plan *plan, NetworkService *service, uint32_t address)
{
        service->address = address;
        g_hash_table_insert(plan->addresses, GUINT_TO_POINTER(address), service);
}

static bool parse_address(const char *text, uint32_t *address)
{
        struct in_addr parsed = {0};
        if (!text || inet_pton(AF_INET, text, &parsed) != 1)
                return false;
        *address = ntohl(parsed.s_addr);
        return true;
}

static bool take_described(const Plan *plan, NetworkService *service, const ServiceDescription *description,
                           GError **error)
{
        uint32_t address = 0;
        if (!description->address)
                return true;
        if (!parse_address(description->address, &address) || !can_have(plan, address)) {
                g_autofree char *own = network_address_text(plan->network->address);
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "service '%s': the address %s is none that the host's network %s/%u has for services",
                        service->service, description->address, own, plan->network->prefix);
        }
        const NetworkService *other = g_hash_table_lookup(plan->addresses, GUINT_TO_POINTER(address));
        if (other)
                return fail(error, LAUTTA_ERROR_CONFLICT, "services '%s' and '%s' both want the address %s",
                            other->service, service->service, description->address);
        take(plan, service, address);
        return true;
}

static void take_remembered(const Plan *plan, NetworkService *service, GHashTable *remembered)
{
        uint32_t address = 0;
        const char *text = remembered ? g_hash_table_lookup(remembered, service->service) : NULL;
        if (!service->address && parse_address(text, &address) && is_free(plan, address))
                take(plan, service, address);
}

static bool take_free(const Plan *plan, NetworkService *service, GError **error)
{
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(service->service, strlen(service->service), digest);
        uint32_t start =
                (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
        for (uint32_t i = 0; !service->address && i < plan->count; i++) {
                uint32_t address = plan->first + (uint32_t)(((uint64_t)start + i) % plan->count);
                if (is_free(plan, address))
                        take(plan, service, address);
        }
        return service->address ||
               fail(error, LAUTTA_ERROR_NO_SPACE, "service '%s': no address of the host's network is free",
                    service->service);
}

static const char *protocol_text(ServiceProtocol protocol)
{
        return protocol == PROTOCOL_UDP ? "UDP" : "TCP";
}

bool network_keeps_port(const HostNetwork *network, const ServiceForward *forward)
{
        uint32_t port = network_port_key(forward->protocol, forward->host_port);
        for (unsigned i = 0; network->inbound && i < network->inbound->len; i++)
                if (g_array_index(network->inbound, uint32_t, i) == port)
                        return true;
        return false;
}

bool network_check_forwards(const HostNetwork *network, const ServiceDescription *description, GError **error)
{
        for (unsigned i = 0; i < description->forwards->len; i++) {
                const ServiceForward *forward = description->forwards->pdata[i];
                if (network_keeps_port(network, forward))
                        return fail(
                                error, LAUTTA_ERROR_CONFLICT,
                                "it forwards the host's %s port %u, which 'inbound' of agent.conf keeps for the host itself: forward another port, or take it out of 'inbound'",
                                protocol_text(forward->protocol), forward->host_port);
        }
        return true;
}

static bool take_ports(const Plan *plan, NetworkService *service, GError **error)
{
        for (unsigned i = 0; i < service->forwards->len; i++) {
                const ServiceForward *forward = service->forwards->pdata[i];
                void *key = GUINT_TO_POINTER(network_port_key(forward->protocol, forward->host_port));
                const NetworkService *other = g_hash_table_lookup(plan->ports, key);
                if (other)
                        return fail(error, LAUTTA_ERROR_CONFLICT,
                                    "services '%s' and '%s' both want the host's %s port %u", other->service,
                                    service->service, protocol_text(forward->protocol), forward->host_port);
                g_hash_table_insert(plan->ports, key, service);
        }
        return true;
}

static NetworkService *service_new(const ServiceDescription *description)
{
        NetworkService *service = g_new0(NetworkService, 1);
        uint8_t digest[DIGEST_BYTES];
        service->service = g_strdup(description->service);
        service->forwards = description->forwards;
        service->allows = description->allows;
        digest_sha256(service->service, strlen(service->service), digest);
        memcpy(service->mac, (const uint8_t[]){0x52, 0x54, 0x00, digest[4], digest[5], digest[6]}, 6);
        return service;
}

/* Gives each service a MAC of its own. Three bytes are few, so two of thousands of services may get the same; the later
 * one then gets the next. */
static void separate_macs(GPtrArray *services)
{
        g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
        for (unsigned i = 0; i < services->len; i++) {
                NetworkService *service = services->pdata[i];
                uint32_t tail =
                        (uint32_t)service->mac[3] << 16 | (uint32_t)service->mac[4] << 8 | service->mac[5];
                while (!g_hash_table_add(taken, GUINT_TO_POINTER(tail)))
                        tail = (tail + 1) & 0xffffff;
                service->mac[3] = (uint8_t)(tail >> 16);
                service->mac[4] = (uint8_t)(tail >> 8);
                service->mac[5] = (uint8_t)tail;
        }
}

GPtrArray *network_plan(const HostNetwork *network, GPtrArray *descriptions, GHashTable *remembered,
                        GError **error)
{
        g_autoptr(GPtrArray) services = g_ptr_array_new_with_free_func((GDestroyNotify)network_service_free);
        g_auto(Plan) plan = plan_new(network);
        for (unsigned i = 0; i < descriptions->len; i++)
                g_ptr_array_add(services, service_new(descriptions->pdata[i]));
        separate_macs(services);
        for (unsigned i = 0; i < services->len; i++)
                if (!take_described(&plan, services->pdata[i], descriptions->pdata[i], error) ||
                    !take_ports(&plan, services->pdata[i], error))
                        return NULL;
        for (unsigned i = 0; i < services->len; i++)
                take_remembered(&plan, services->pdata[i], remembered);
        for (unsigned i = 0; i < services->len; i++)
                if (!take_free(&plan, services->pdata[i], error))
                        return NULL;
        return g_steal_pointer(&services);
}
