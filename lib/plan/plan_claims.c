/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each port of the host and each address belongs to one service at most. */
#include <string.h>

#include "plan_private.h"

struct Claims {
        GHashTable *ports;     /* (protocol << 16) | port -> Item */
        GHashTable *addresses; /* text -> Item */
};

Claims *claims_new(void)
{
        Claims *claims = g_new0(Claims, 1);
        claims->ports = g_hash_table_new(NULL, NULL);
        claims->addresses = g_hash_table_new(g_str_hash, g_str_equal);
        return claims;
}

void claims_free(Claims *claims)
{
        if (!claims)
                return;
        g_hash_table_unref(claims->ports);
        g_hash_table_unref(claims->addresses);
        g_free(claims);
}

static uint32_t port_at(const PlanVersion *version, guint i)
{
        return g_array_index(version->host_ports, uint32_t, i);
}

static bool has_port(const PlanVersion *version, uint32_t port)
{
        for (guint i = 0; i < version->host_ports->len; i++)
                if (port_at(version, i) == port)
                        return true;
        return false;
}

static bool have_port(const PlanVersion *const *versions, uint32_t port)
{
        for (; versions && *versions; versions++)
                if (!has_port(*versions, port))
                        return false;
        return true;
}

static bool have_address(const PlanVersion *const *versions, const char *address)
{
        for (; versions && *versions; versions++)
                if (g_strcmp0((*versions)->address, address) != 0)
                        return false;
        return address != NULL;
}

Item *claims_other(const Claims *claims, const Item *item, const PlanVersion *version,
                   const PlanVersion *const *also, char **what)
{
        for (guint i = 0; i < version->host_ports->len; i++) {
                uint32_t port = port_at(version, i);
                Item *other = g_hash_table_lookup(claims->ports, GUINT_TO_POINTER(port));
                if (!other || other == item || !have_port(also, port))
                        continue;
                if (what)
                        *what = g_strdup_printf("port %u/%s of the host", port & 0xffff,
                                                port >> 16 == PROTOCOL_UDP ? "udp" : "tcp");
                return other;
        }
        if (!have_address(also, version->address))
                return NULL;
        Item *other = g_hash_table_lookup(claims->addresses, version->address);
        if (!other || other == item)
                return NULL;
        if (what)
                *what = g_strdup_printf("the address %s", version->address);
        return other;
}

void claims_add_others(const Claims *claims, const Item *item, const PlanVersion *version, GPtrArray *others)
{
        for (guint i = 0; i < version->host_ports->len; i++) {
                Item *other = g_hash_table_lookup(claims->ports, GUINT_TO_POINTER(port_at(version, i)));
                if (other && other != item)
                        g_ptr_array_add(others, other);
        }
        Item *other = version->address ? g_hash_table_lookup(claims->addresses, version->address) : NULL;
        if (other && other != item)
                g_ptr_array_add(others, other);
}

void claims_take(Claims *claims, Item *item, const PlanVersion *version, const PlanVersion *const *also)
{
        for (guint i = 0; i < version->host_ports->len; i++)
                if (have_port(also, port_at(version, i)))
                        g_hash_table_insert(claims->ports, GUINT_TO_POINTER(port_at(version, i)), item);
        if (have_address(also, version->address))
                g_hash_table_insert(claims->addresses, version->address, item);
}

void claims_give_back(Claims *claims, const Item *item, const PlanVersion *version)
{
        for (guint i = 0; i < version->host_ports->len; i++) {
                void *port = GUINT_TO_POINTER(port_at(version, i));
                if (g_hash_table_lookup(claims->ports, port) == item)
                        g_hash_table_remove(claims->ports, port);
        }
        if (version->address && g_hash_table_lookup(claims->addresses, version->address) == item)
                g_hash_table_remove(claims->addresses, version->address);
}
