/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "virt_private.h"

#include <string.h>

#include "network_entries.h"

/* Changes the active network by the entries of `from` that are not in `to`. */
static bool update(virNetwork *network, unsigned command, unsigned section, GHashTable *from, GHashTable *to,
                   GError **error)
{
        GHashTableIter iter;
        void *entry = NULL;
        g_hash_table_iter_init(&iter, from);
        while (g_hash_table_iter_next(&iter, &entry, NULL)) {
                if (g_hash_table_contains(to, entry))
                        continue;
                if (virNetworkUpdate(network, command, section, -1, entry, VIR_NETWORK_UPDATE_AFFECT_LIVE) <
                    0)
                        return virt_fail(error, "cannot change %s of the network '%s'", (char *)entry,
                                         virNetworkGetName(network));
        }
        return true;
}

/* Removes entries before adding others: addresses and names move between services. */
static bool update_all(virNetwork *network, const NetworkEntries *have, const NetworkEntries *want,
                       GError **error)
{
        const unsigned remove = VIR_NETWORK_UPDATE_COMMAND_DELETE, add = VIR_NETWORK_UPDATE_COMMAND_ADD_LAST;
        const unsigned dhcp = VIR_NETWORK_SECTION_IP_DHCP_HOST, dns = VIR_NETWORK_SECTION_DNS_HOST;
        return update(network, remove, dhcp, have->dhcp, want->dhcp, error) &&
               update(network, remove, dns, have->dns, want->dns, error) &&
               update(network, add, dhcp, want->dhcp, have->dhcp, error) &&
               update(network, add, dns, want->dns, have->dns, error);
}

static bool create(virConnect *connection, const char *name, const char *xml, GError **error)
{
        g_autoptr(virNetwork) network = virNetworkCreateXML(connection, xml);
        return network != NULL || virt_fail(error, "cannot make the network '%s'", name);
}

static bool destroy(virNetwork *network, const char *name, GError **error)
{
        return virNetworkDestroy(network) == 0 || virNetworkIsActive(network) != 1 ||
               virt_fail(error, "cannot take the network '%s' down", name);
}

static bool bring_to(virConnect *connection, virNetwork *network, const char *xml, GError **error)
{
        char *text = virNetworkGetXMLDesc(network, 0);
        if (!text)
                return virt_fail(error, "cannot read the network '%s'", virNetworkGetName(network));
        g_autoptr(NetworkEntries) have = network_entries_read(text, error);
        free(text);
        g_autoptr(NetworkEntries) want = have ? network_entries_read(xml, error) : NULL;
        if (!want)
                return false;
        if (strcmp(have->shape, want->shape) == 0)
                return update_all(network, have, want, error);
        return destroy(network, virNetworkGetName(network), error) &&
               create(connection, virNetworkGetName(network), xml, error);
}

bool virt_network_set(Virt *virt, const char *name, const char *xml, GError **error)
{
        g_autoptr(virConnect) connection = virt_connect(virt, error);
        if (!connection)
                return false;
        g_autoptr(VirtCall) call = virt_call_begin(virt, "set the network '%s'", name);
        g_autoptr(virNetwork) network = virNetworkLookupByName(connection, name);
        if (!network && virGetLastErrorCode() != VIR_ERR_NO_NETWORK)
                return virt_fail(error, "cannot look for the network '%s'", name);
        if (!xml)
                return !network || virNetworkIsActive(network) != 1 || destroy(network, name, error);
        if (!network || virNetworkIsActive(network) != 1)
                return create(connection, name, xml, error);
        return bring_to(connection, network, xml, error);
}

bool virt_network_is_away(Virt *virt, const char *name)
{
        g_autoptr(virConnect) connection = virt_connect(virt, NULL);
        if (!connection)
                return false;
        g_autoptr(VirtCall) call = virt_call_begin(virt, "look for the network '%s'", name);
        g_autoptr(virNetwork) network = virNetworkLookupByName(connection, name);
        return network ? virNetworkIsActive(network) == 0 : virGetLastErrorCode() == VIR_ERR_NO_NETWORK;
}
