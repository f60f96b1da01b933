/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "network.h"
#include "network_dhcp.h"

static bool run_nft(const char *commands, GError **error)
{
        struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
        if (!nft)
                return fail(error, LAUTTA_ERROR_SYSTEM,
                            "cannot set the firewall: libnftables does not start");
        nft_ctx_buffer_error(nft);
        nft_ctx_buffer_output(nft);
        bool done = nft_run_cmd_from_buffer(nft, commands) == 0;
        if (!done) {
                g_autofree char *said = g_strdup(nft_ctx_get_error_buffer(nft));
                fail(error, LAUTTA_ERROR_SYSTEM, "cannot set the firewall: nftables says: %s",
                     g_strstrip(said));
        }
        nft_ctx_free(nft);
        return done;
}

static bool write_value(const char *path, const char *value, GError **error)
{
        g_autofd fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, value, strlen(value)) < 0)
                return fail_errno(error, "cannot set %s to %s", path, value);
        return true;
}

bool network_set_kernel(const char *name, const char *value, GError **error)
{
        g_autofree char *path = g_strconcat("/proc/sys/net/", name, NULL);
        return write_value(path, value, error);
}

static bool set_of_bridge(const HostNetwork *network, const char *name, const char *value, GError **error)
{
        g_autofree char *whole = g_strdup_printf("ipv4/conf/%s/%s", network->bridge, name);
        return network_set_kernel(whole, value, error);
}

/* Removes the delay of proxy ARP answers, which is meant for networks where several hosts answer for another. */
static bool answer_arp_at_once(const HostNetwork *network, GError **error)
{
        g_autofree char *name = g_strdup_printf("ipv4/neigh/%s/proxy_delay", network->bridge);
        return network_set_kernel(name, "0", error);
}

/* Stops the bridge from learning from frames to the link-local groups (01:80:C2:00:00:0X). They never reach netfilter,
 * so nothing checks their source first. */
static bool learn_no_link_local(const HostNetwork *network, GError **error)
{
        g_autofree char *path =
                g_strdup_printf("/sys/class/net/%s/bridge/no_linklocal_learn", network->bridge);
        return write_value(path, "1", error);
}

/* Sets up routing between services: ports of the bridge reach only the host, which answers ARP for all addresses and
 * routes, and must not send redirects. Packets forwarded from the host's own loopback are answered to a loopback
 * address. */
static bool set_kernel_parameters(const HostNetwork *network, GError **error)
{
        return network_set_kernel("ipv4/ip_forward", "1", error) &&
               network_set_kernel("ipv4/conf/all/send_redirects", "0", error) &&
               set_of_bridge(network, "send_redirects", "0", error) &&
               set_of_bridge(network, "proxy_arp_pvlan", "1", error) && answer_arp_at_once(network, error) &&
               set_of_bridge(network, "route_localnet", "1", error) && learn_no_link_local(network, error);
}

/* Ends the DHCP servers of candidates whose interfaces are gone. */
static void end_dhcp_but_of_candidates(GPtrArray *services)
{
        g_autoptr(GStrvBuilder) keep = g_strv_builder_new();
        for (unsigned i = 0; services && i < services->len; i++) {
                g_autofree char *device = network_candidate_device(services->pdata[i]);
                if (network_interface_index(device))
                        g_strv_builder_add(keep, device);
        }
        g_auto(GStrv) interfaces = g_strv_builder_end(keep);
        network_dhcp_end_but(interfaces);
}

static bool set_network(Virt *virt, const HostNetwork *network, GPtrArray *services, GError **error)
{
        g_autofree char *xml = network_xml(network, services);
        g_autoptr(GError) why = NULL;
        if (virt_network_set(virt, network->bridge, xml, &why))
                return true;
        if (network_clear_bridge(virt, network))
                return virt_network_set(virt, network->bridge, xml, error);
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

/* Sets the firewall before anything that it guards. */
static bool bring_up(Virt *virt, const HostNetwork *network, GPtrArray *services, GError **error)
{
        g_autofree char *rules = firewall_rules(network, services);
        if (!run_nft(rules, error) || !set_network(virt, network, services, error) ||
            !set_kernel_parameters(network, error) || !network_ports_place(network, services, error))
                return false;
        end_dhcp_but_of_candidates(services);
        return true;
}

bool network_apply(Virt *virt, const HostNetwork *network, GPtrArray *services, GError **error)
{
        if (services)
                return bring_up(virt, network, services, error);
        network_candidate_end();
        return virt_network_set(virt, network->bridge, NULL, error) && run_nft(FIREWALL_CLEAR, error);
}

/* Applies the rules with connection tracking. A kernel without the egress hook (before 5.16) cannot separate the
 * connections: the new version then resets an open connection that is used again. */
static bool track(const HostNetwork *network, GPtrArray *services, GPtrArray *promoted, GError **error)
{
        g_autofree char *parted = firewall_switch(network, services, promoted, true);
        g_autofree char *plain = firewall_switch(network, services, promoted, false);
        return run_nft(parted, NULL) || run_nft(plain, error);
}

/* The old interface may send until its version stops or network_apply() takes it off the bridge. So the old version
 * still answers requests that it received before, and its connections are closed when it stops; otherwise their clients
 * would wait in vain. */
bool network_switch(const HostNetwork *network, GPtrArray *services, GError **error)
{
        g_autoptr(GPtrArray) promoted = network_ports_promoted(network, services);
        if (!network_ports_prepare(network, promoted, error) || !track(network, services, promoted, error) ||
            !network_ports_switch(promoted, error))
                return false;
        end_dhcp_but_of_candidates(services);
        return true;
}
