/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_xml_private.h"

/* The capabilities that a system needs to run daemons under several users. All others are denied: those that reach the
 * host's kernel, devices, clock, audit or other containers (sys_module, sys_rawio, sys_time, mknod, ...). */
static const char *const capabilities[] = {
        "audit_write", "chown",     "dac_override",     "fowner",     "fsetid",
        "kill",        "net_admin", "net_bind_service", "net_raw",    "setfcap",
        "setgid",      "setpcap",   "setuid",           "sys_chroot", NULL,
};

static void append_features(GString *xml)
{
        g_string_append(xml, "  <features>\n    <privnet/>\n    <capabilities policy='deny'>\n");
        for (const char *const *one = capabilities; *one; one++)
                xml_append(xml, "      <%s state='on'/>\n", *one);
        g_string_append(xml, "    </capabilities>\n  </features>\n");
}

static void append_mount(GString *xml, const char *source, const char *at, bool read_only)
{
        xml_append(xml,
                   "    <filesystem type='mount' accessmode='passthrough'>\n      <source dir='%s'/>\n"
                   "      <target dir='%s'/>\n",
                   source, at);
        g_string_append(xml, read_only ? "      <readonly/>\n    </filesystem>\n" : "    </filesystem>\n");
}

/* libvirt sets the address before the container's init runs: an image needs no DHCP client. */
static void append_interface(GString *xml, const DomainSpec *spec)
{
        domain_xml_open_interface(xml, spec);
        xml_append(xml,
                   "      <ip address='%s' family='ipv4' prefix='%u'/>\n"
                   "      <route family='ipv4' address='0.0.0.0' prefix='0' gateway='%s'/>\n"
                   "      <guest dev='eth0'/>\n",
                   spec->address, spec->prefix, spec->gateway);
        domain_xml_close_interface(xml);
}

char *domain_xml_lxc(const DomainSpec *spec)
{
        GString *xml = g_string_new(NULL);
        domain_xml_open(xml, spec, "lxc");
        g_string_append(xml, "  <os>\n    <type>exe</type>\n    <init>/sbin/init</init>\n  </os>\n");
        append_features(xml);
        domain_xml_append_endings(xml);
        g_string_append(xml, "  <devices>\n");
        append_mount(xml, spec->root, "/", false);
        for (unsigned i = 0; spec->mounts && i < spec->mounts->len; i++) {
                const DomainMount *mount = spec->mounts->pdata[i];
                append_mount(xml, mount->source, mount->at, mount->read_only);
        }
        append_interface(xml, spec);
        domain_xml_append_lan(xml, spec, "      <guest dev='eth1'/>\n");
        g_string_append(xml, "    <console type='pty'/>\n  </devices>\n</domain>\n");
        return g_string_free(xml, false);
}
