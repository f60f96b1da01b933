/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_xml_private.h"

#include <stdarg.h>
#include <string.h>

/* One CPU's worth of time is a quota of one period. */
enum { CPU_PERIOD_US = 100000 };

/* Relative weight; control groups of version 2 know 1 to 10000 and take 100 for middling, those of version 1
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

void xml_append(GString *xml, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        g_autofree char *text = g_markup_vprintf_escaped(format, arguments);
        va_end(arguments);
        g_string_append(xml, text);
}

void domain_xml_open(GString *xml, const DomainSpec *spec, const char *type)
{
        const ServiceDescription *d = spec->description;
        xml_append(xml, "<domain type='%s'>\n  <name>%s_%s</name>\n", type, d->service, d->version);
        xml_append(xml, "  <title>%s %s</title>\n", d->service, d->version);
        xml_append(xml,
                   "  <metadata>\n    <lautta:domain xmlns:lautta='" DOMAIN_NAMESPACE "' service='%s' "
                   "version='%s' started='%" G_GINT64_FORMAT "' init='%s'",
                   d->service, d->version, spec->started_at, domain_init_names[spec->init]);
        if (spec->settings)
                xml_append(xml, " settings='%s'", spec->settings);
        g_string_append(xml, "/>\n  </metadata>\n");
        xml_append(xml, "  <memory unit='b'>%" G_GUINT64_FORMAT "</memory>\n  <vcpu>%u</vcpu>\n",
                   d->memory_bytes, d->cpus);
        xml_append(xml,
                   "  <cputune>\n    <shares>%u</shares>\n    <period>%u</period>\n    <quota>%u</quota>\n"
                   "  </cputune>\n",
                   MIN(CPU_SHARES * d->cpus, CPU_SHARES_MAX), CPU_PERIOD_US, CPU_PERIOD_US * d->cpus);
}

void domain_xml_append_endings(GString *xml)
{
        g_string_append(xml, "  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>destroy</on_reboot>\n"
                             "  <on_crash>destroy</on_crash>\n");
}

void domain_xml_open_interface(GString *xml, const DomainSpec *spec)
{
        const uint8_t *m = spec->mac;
        xml_append(xml,
                   "    <interface type='network'>\n      <source network='%s'/>\n"
                   "      <mac address='%02x:%02x:%02x:%02x:%02x:%02x'/>\n      <target dev='%s'/>\n",
                   spec->network, m[0], m[1], m[2], m[3], m[4], m[5], spec->interface);
}

/* Isolated ports of a bridge reach the host alone, so that all between services passes the host's firewall.
 */
void domain_xml_close_interface(GString *xml)
{
        g_string_append(xml, "      <port isolated='yes'/>\n    </interface>\n");
}
