/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a dnsmasq for each candidate, and ends those that libvirt left. Processes are found by their arguments, which
 * name the interface: a file with a process number could name another process by now. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "network_candidate.h"
#include "network_dhcp.h"
#include "network_ports.h"
#include "process.h"

enum { END_WITHIN_MS = 2000 };

#define INTERFACE_OPTION "--interface="
#define CONF_OPTION      "--conf-file="
#define LIBVIRTS_CONF    "/dnsmasq/" /* followed by the network's name and ".conf" */

/* Returns: owned argv. The server answers as libvirt's dnsmasq does on the bridge (network_xml.c). A server that was
 * started for an interface does not serve a later one of that name, so a tag with the index tells the two apart. */
static GStrv dhcp_argv(const HostNetwork *network, const NetworkService *service)
{
        g_autofree char *interface = network_candidate_device(service);
        g_autofree char *own = network_address_text(network->address);
        g_autofree char *address = network_address_text(service->address);
        g_autofree char *mask = network_address_text(network_mask(network));
        g_autofree char *base = network_base_text(network);
        g_autofree char *mac = network_mac_text(service->mac);
        GStrvBuilder *argv = g_strv_builder_new();
        g_strv_builder_add_many(argv, "dnsmasq", "--conf-file=/dev/null", "--pid-file=", "--leasefile-ro",
                                "--port=0", "--no-hosts", "--no-ping", "--bind-interfaces",
                                "--except-interface=lo", "--dhcp-authoritative", "--dhcp-no-override", NULL);
        g_autofree char *at = g_strconcat(INTERFACE_OPTION, interface, NULL);
        g_autofree char *domain = g_strconcat("--domain=", network->domain, NULL);
        g_autofree char *range = g_strdup_printf("--dhcp-range=%s,static,%s", base, mask);
        g_autofree char *dns = g_strdup_printf("--dhcp-option=option:dns-server,%s", own);
        g_autofree char *name = network_dhcp_name(service);
        g_autofree char *host = g_strdup_printf("--dhcp-host=%s,set:index-%u,%s,%s", mac,
                                                network_interface_index(interface), address, name);
        g_strv_builder_add_many(argv, at, domain, range, dns, host, NULL);
        GStrv whole = g_strv_builder_end(argv);
        g_strv_builder_unref(argv);
        return whole;
}

/* Returns: owned argv of a process; NULL if it is gone. */
static GStrv argv_of(const char *pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%s/cmdline", pid);
        g_autofree char *text = NULL;
        size_t size = 0;
        if (!g_file_get_contents(path, &text, &size, NULL) || size == 0)
                return NULL;
        GStrvBuilder *argv = g_strv_builder_new();
        for (size_t at = 0; at < size; at += strlen(text + at) + 1)
                g_strv_builder_add(argv, text + at);
        GStrv whole = g_strv_builder_end(argv);
        g_strv_builder_unref(argv);
        return whole;
}

/* True if the process is in this network namespace: a test's server may have the same arguments in another. */
static bool is_in_our_network(const char *pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%s/ns/net", pid);
        g_autofree char *theirs = g_file_read_link(path, NULL);
        g_autofree char *ours = g_file_read_link("/proc/self/ns/net", NULL);
        return theirs && ours && strcmp(theirs, ours) == 0;
}

/* Returns: the interface of a candidate that the server answers at, within `argv`; NULL if the server is not Lautta's.
 * */
static const char *interface_in(GStrv argv)
{
        for (char **one = argv + 1; *one; one++) {
                const char *interface = *one + strlen(INTERFACE_OPTION);
                if (g_str_has_prefix(*one, INTERFACE_OPTION) &&
                    (g_str_has_prefix(interface, NETWORK_INTERFACES) ||
                     g_str_has_prefix(interface, NETWORK_OTHER_INTERFACES)))
                        return interface;
        }
        return NULL;
}

static bool has_ended(int fd, int wait_ms)
{
        struct pollfd poller = {fd, POLLIN, 0};
        return poll(&poller, 1, wait_ms) > 0;
}

static void end_process(int fd)
{
        pidfd_send_signal(fd, SIGTERM, NULL, 0);
        if (has_ended(fd, END_WITHIN_MS))
                return;
        pidfd_send_signal(fd, SIGKILL, NULL, 0);
        has_ended(fd, END_WITHIN_MS);
}

static bool is_dnsmasq(GStrv argv)
{
        g_autofree char *program = g_path_get_basename(argv[0]);
        return strcmp(program, "dnsmasq") == 0;
}

/* True if the dnsmasq with these arguments is to end. */
typedef bool IsToEnd(GStrv argv, void *user);

/* Ends the process if `is_to_end` says so. Opens the pidfd before it reads the arguments, so a number that a new
 * process gets in between is not mistaken. */
static void sweep_process(const char *pid, IsToEnd *is_to_end, void *user)
{
        g_autofd fd = pidfd_open((int)g_ascii_strtoll(pid, NULL, 10), 0);
        g_auto(GStrv) argv = fd >= 0 ? argv_of(pid) : NULL;
        if (argv && is_dnsmasq(argv) && is_in_our_network(pid) && is_to_end(argv, user))
                end_process(fd);
}

static void sweep(IsToEnd *is_to_end, void *user)
{
        g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
        const char *name = NULL;
        while (dir && (name = g_dir_read_name(dir)))
                if (g_ascii_isdigit(*name))
                        sweep_process(name, is_to_end, user);
}

static bool is_not_kept(GStrv argv, void *keep)
{
        const char *interface = interface_in(argv);
        return interface && !(keep && g_strv_contains((const char *const *)keep, interface));
}

void network_dhcp_end_but(GStrv keep)
{
        sweep(is_not_kept, keep);
}

static bool is_libvirts(GStrv argv, void *conf)
{
        for (char **one = argv + 1; *one; one++)
                if (g_str_has_prefix(*one, CONF_OPTION) && g_str_has_suffix(*one, conf))
                        return true;
        return false;
}

void network_dhcp_end_libvirts(const char *name)
{
        g_autofree char *conf = g_strconcat(LIBVIRTS_CONF, name, ".conf", NULL);
        sweep(is_libvirts, conf);
}

/* Selects, among the servers at one interface, the wanted one. */
typedef struct {
        const char *interface;
        GStrv argv;
        bool runs;
} Wanted;

/* True unless the arguments are the wanted ones. May leave two of those: dnsmasq is two processes for a moment while it
 * goes to the background. */
static bool is_unwanted(GStrv argv, void *user)
{
        Wanted *wanted = user;
        const char *interface = interface_in(argv);
        if (!interface)
                return false;
        bool is_same = g_strv_equal((const char *const *)wanted->argv + 1, (const char *const *)argv + 1);
        wanted->runs |= is_same;
        return !is_same && strcmp(interface, wanted->interface) == 0;
}

/* dnsmasq goes to the background once it answers. */
bool network_dhcp_start(const HostNetwork *network, const NetworkService *service, GError **error)
{
        g_autofree char *interface = network_candidate_device(service);
        g_auto(GStrv) argv = dhcp_argv(network, service);
        Wanted wanted = {.interface = interface, .argv = argv};
        sweep(is_unwanted, &wanted);
        Process process = {.argv = (const char *const *)argv};
        return wanted.runs || process_run(&process, NULL, NULL, error);
}
