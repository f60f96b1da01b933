/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets which interfaces are on the host's bridge. By ioctl and sysfs: a switch waits for this, and starting another
 * program would take longer. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "firewall.h"
#include "network_ports.h"
#include "process.h"

unsigned network_interface_index(const char *interface)
{
        return if_nametoindex(interface);
}

/* Calls ioctl() for a device that is named. */
static bool device_ioctl(unsigned long request, struct ifreq *device, const char *name)
{
        g_autofd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        g_strlcpy(device->ifr_name, name, sizeof device->ifr_name);
        return fd >= 0 && ioctl(fd, request, device) == 0;
}

/* Returns: owned name of the bridge that `interface` is a port of; NULL if of none. */
static char *bridge_of(const char *interface)
{
        g_autofree char *path = g_strdup_printf("/sys/class/net/%s/brport/bridge", interface);
        g_autofree char *target = g_file_read_link(path, NULL);
        return target ? g_path_get_basename(target) : NULL;
}

/* Fails unless the interface is gone: a machine that ends removes its interface at any moment, which is no error. */
static bool fail_unless_gone(const char *interface, const char *what, const char *where, GError **error)
{
        int why = errno;
        if (!network_interface_index(interface))
                return true;
        errno = why;
        return fail_errno(error, "cannot %s '%s' %s '%s'", what, interface,
                          *where == '/' ? "as a port by" : "as a port of", where);
}

/* Stops the kernel from giving the interface an IPv6 address. A kernel without IPv6 has nothing to switch off. */
static void switch_ipv6_off(const char *interface)
{
        g_autofree char *name = g_strdup_printf("ipv6/conf/%s/disable_ipv6", interface);
        network_set_kernel(name, "1", NULL);
}

bool network_port_detach(const char *interface, GError **error)
{
        switch_ipv6_off(interface);
        g_autofree char *bridge = bridge_of(interface);
        struct ifreq request = {.ifr_ifindex = (int)if_nametoindex(interface)};
        return !bridge || device_ioctl(SIOCBRDELIF, &request, bridge) ||
               fail_unless_gone(interface, "end", bridge, error);
}

static bool set_port(const char *interface, const char *attribute, const char *value, GError **error)
{
        g_autofree char *path = g_strdup_printf("/sys/class/net/%s/brport/%s", interface, attribute);
        g_autofd fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value))
                return true;
        return fail_unless_gone(interface, "set", path, error);
}

bool network_port_attach(const char *interface, const char *bridge, GError **error)
{
        g_autofree char *now = bridge_of(interface);
        struct ifreq request = {.ifr_ifindex = (int)if_nametoindex(interface)};
        bool is_there = now && strcmp(now, bridge) == 0;
        if (now && !is_there && !network_port_detach(interface, error))
                return false;
        if (!is_there && !device_ioctl(SIOCBRADDIF, &request, bridge))
                return fail_unless_gone(interface, "add", bridge, error);
        return set_port(interface, "isolated", "1", error);
}

/* Lets the bridge flood to the port and learn from it, or not. */
static bool set_open(const char *interface, bool open_to_all, GError **error)
{
        return set_port(interface, "learning", open_to_all ? "1" : "0", error) &&
               set_port(interface, "unicast_flood", open_to_all ? "1" : "0", error);
}

bool network_interface_mac(const char *interface, uint8_t mac[6], GError **error)
{
        struct ifreq request = {0};
        if (!device_ioctl(SIOCGIFHWADDR, &request, interface))
                return fail_errno(error, "cannot read the MAC of '%s'", interface);
        memcpy(mac, request.ifr_hwaddr.sa_data, 6);
        return true;
}

/* Removes the address, and its route with it. Most interfaces have none. */
void network_interface_clear_address(const char *interface)
{
        struct ifreq request = {.ifr_addr.sa_family = AF_INET};
        if (!device_ioctl(SIOCGIFADDR, &request, interface))
                return;
        memset(&request.ifr_addr, 0, sizeof request.ifr_addr);
        request.ifr_addr.sa_family = AF_INET;
        device_ioctl(SIOCSIFADDR, &request, interface);
}

static bool place(const HostNetwork *network, const NetworkService *service, GError **error)
{
        g_autofree char *active = network_interface(service, service->slot);
        g_autofree char *other = network_interface(service, !service->slot);
        if (network_interface_index(active) &&
            (!network_port_attach(active, network->bridge, error) || !set_open(active, true, error)))
                return false;
        if (network_interface_index(other) && !network_port_detach(other, error))
                return false;
        network_interface_clear_address(active);
        return true;
}

bool network_ports_place(const HostNetwork *network, GPtrArray *services, GError **error)
{
        for (unsigned i = 0; i < services->len; i++)
                if (!place(network, services->pdata[i], error))
                        return false;
        return true;
}

/* True if the interface is a port of `bridge` that the bridge floods to. */
static bool is_open(const char *interface, const char *bridge)
{
        g_autofree char *now = bridge_of(interface);
        g_autofree char *path = g_strdup_printf("/sys/class/net/%s/brport/learning", interface);
        g_autofree char *learns = NULL;
        return now && strcmp(now, bridge) == 0 && g_file_get_contents(path, &learns, NULL, NULL) &&
               *learns == '1';
}

GPtrArray *network_ports_promoted(const HostNetwork *network, GPtrArray *services)
{
        GPtrArray *promoted = g_ptr_array_new();
        for (unsigned i = 0; i < services->len; i++) {
                NetworkService *service = services->pdata[i];
                g_autofree char *active = network_interface(service, service->slot);
                if (network_interface_index(active) && !is_open(active, network->bridge))
                        g_ptr_array_add(promoted, service);
        }
        return promoted;
}

static bool prepare(const HostNetwork *network, const NetworkService *service, GString *commands,
                    GError **error)
{
        g_autofree char *active = network_interface(service, service->slot);
        if (!network_port_attach(active, network->bridge, error) || !set_open(active, false, error))
                return false;
        network_interface_clear_address(active);
        for (unsigned slot = 0; slot < 2; slot++) {
                g_autofree char *interface = network_interface(service, slot);
                g_autofree char *alias = firewall_alias(service, slot);
                if (network_interface_index(interface))
                        g_string_append_printf(commands, "fdb replace %s dev %s master static\n", alias,
                                               interface);
        }
        return true;
}

bool network_ports_prepare(const HostNetwork *network, GPtrArray *promoted, GError **error)
{
        g_autoptr(GString) commands = g_string_new(NULL);
        for (unsigned i = 0; i < promoted->len; i++)
                if (!prepare(network, promoted->pdata[i], commands, error))
                        return false;
        g_autoptr(GBytes) input = g_bytes_new(commands->str, commands->len);
        Process process = {.argv = (const char *const[]){"bridge", "-batch", "-", NULL}, .input = input};
        return promoted->len == 0 || process_run(&process, NULL, NULL, error);
}

/* Opens each new port before closing the old one, so a frame in between arrives at one of them. */
bool network_ports_switch(GPtrArray *promoted, GError **error)
{
        for (unsigned i = 0; i < promoted->len; i++) {
                const NetworkService *service = promoted->pdata[i];
                g_autofree char *active = network_interface(service, service->slot);
                g_autofree char *other = network_interface(service, !service->slot);
                if (!set_open(active, true, error))
                        return false;
                if (network_interface_index(other) &&
                    (!set_open(other, false, error) || !set_port(other, "flush", "1", error)))
                        return false;
        }
        return true;
}
