/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_xml_private.h"

#include <stdarg.h>
#include <string.h>

/* One CPU's worth of time is a quota of one period. */
enum { CPU_PERIOD_US = 100000 };

/* Relative weight. Control groups of version 2 accept 1 to 10000, with 100 as the middle; those of version 1 accept
 * more. */
enum { CPU_SHARES = 100, CPU_SHARES_MAX = 10000 };

void domain_mount_free(DomainMount *mount)
{
        if (!mount)
                return;
        g_free(mount->source);
        g_free(mount->at);
        g_free(mount);
}

void domain_disk_free(DomainDisk *disk)
{
        if (!disk)
                return;
        g_free(disk->path);
        g_free(disk->serial);
        g_free(disk);
}

char *domain_name(const char *service, const char *version)
{
        return g_strconcat(service, "_", version, NULL);
}

const char *const domain_init_names[] = {"plain", "busybox", "systemd", NULL};

DomainInit domain_init_of(const char *target)
{
        g_autofree char *name = g_path_get_basename(target);
        return strcmp(name, "systemd") == 0   ? INIT_SYSTEMD
               : strcmp(name, "busybox") == 0 ? INIT_BUSYBOX
                                              : INIT_PLAIN;
}

/* With panic=-1 a kernel that panics ends the machine, and the agent decides. TCG needs two options: the check of the
 * timer ticks is off, because it fails on a busy host, and so are mitigations of processor flaws, which an emulated
 * processor does not have. */
char *domain_command_line(const ServiceDescription *description, bool kvm)
{
        bool arm = strcmp(description->architecture, "arm64") == 0;
        GString *line = g_string_new("root=/dev/vda ro panic=-1 quiet");
        g_string_append(line, arm ? " console=ttyAMA0" : " console=ttyS0");
        if (!kvm)
                g_string_append(line, " mitigations=off nokaslr");
        if (!kvm && !arm)
                g_string_append(line, " no_timer_check");
        if (description->cmdline)
                g_string_append_printf(line, " %s", description->cmdline);
        return g_string_free(line, false);
}

void xml_append(GString *xml, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        g_autofree char *text = g_markup_vprintf_escaped(format, arguments);
        va_end(arguments);
        g_string_append(xml, text);
}

/* Appends CPU limits. A machine has no more CPUs than its share of time allows; a container sees all of the host's. */
static void append_cputune(GString *xml, const DomainSpec *spec)
{
        unsigned cpus = spec->description->cpus;
        xml_append(xml, "  <cputune>\n    <shares>%u</shares>\n", MIN(CPU_SHARES * cpus, CPU_SHARES_MAX));
        if (spec->root)
                xml_append(xml, "    <period>%u</period>\n    <quota>%u</quota>\n", CPU_PERIOD_US,
                           CPU_PERIOD_US * cpus);
        g_string_append(xml, "  </cputune>\n");
}

void domain_xml_open(GString *xml, const DomainSpec *spec, const char *type)
{
        const ServiceDescription *d = spec->description;
        xml_append(xml, "<domain type='%s'>\n  <name>%s_%s</name>\n", type, d->service, d->version);
        xml_append(xml, "  <title>%s %s</title>\n", d->service, d->version);
        xml_append(xml,
                   "  <metadata>\n    <lautta:domain xmlns:lautta='" DOMAIN_NAMESPACE "' service='%s' "
                   "version='%s' started='%" G_GINT64_FORMAT "' interface='%s'",
                   d->service, d->version, spec->started_at, spec->interface);
        if (spec->root)
                xml_append(xml, " init='%s' processes='%u'", domain_init_names[spec->init], d->processes);
        if (spec->settings)
                xml_append(xml, " settings='%s'", spec->settings);
        g_string_append(xml, "/>\n  </metadata>\n");
        xml_append(xml, "  <memory unit='b'>%" G_GUINT64_FORMAT "</memory>\n  <vcpu>%u</vcpu>\n",
                   d->memory_bytes, d->cpus);
        append_cputune(xml, spec);
}

void domain_xml_append_endings(GString *xml)
{
        g_string_append(xml, "  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>destroy</on_reboot>\n"
                             "  <on_crash>destroy</on_crash>\n");
}

static void append_ends(GString *xml, const uint8_t *m, const char *interface)
{
        xml_append(xml, "      <mac address='%02x:%02x:%02x:%02x:%02x:%02x'/>\n      <target dev='%s'/>\n",
                   m[0], m[1], m[2], m[3], m[4], m[5], interface);
}

void domain_xml_open_interface(GString *xml, const DomainSpec *spec)
{
        xml_append(xml, "    <interface type='network'>\n      <source network='%s'/>\n", spec->network);
        append_ends(xml, spec->mac, spec->interface);
}

/* Ends the interface and isolates its port of the bridge. Isolated ports reach only the host, so traffic between
 * services passes the host's firewall. */
void domain_xml_close_interface(GString *xml)
{
        g_string_append(xml, "      <port isolated='yes'/>\n    </interface>\n");
}

void domain_xml_append_lan(GString *xml, const DomainSpec *spec, const char *in_guest)
{
        if (!spec->lan)
                return;
        xml_append(xml, "    <interface type='bridge'>\n      <source bridge='%s'/>\n", spec->lan);
        append_ends(xml, spec->lan_mac, spec->lan_interface);
        g_string_append(xml, in_guest);
        g_string_append(xml, "    </interface>\n");
}
