/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "domain_xml_private.h"

/* Size of the cache of translated code: QEMU would take up to an eighth of the host's memory. */
enum { TCG_CACHE_MIB = 128 };

static bool is_arm(const DomainSpec *spec)
{
        return strcmp(spec->description->architecture, "arm64") == 0;
}

static void append_kernel(GString *xml, const DomainSpec *spec)
{
        xml_append(xml, "    <kernel>%s</kernel>\n", spec->kernel);
        if (spec->initrd)
                xml_append(xml, "    <initrd>%s</initrd>\n", spec->initrd);
        xml_append(xml, "    <cmdline>%s</cmdline>\n", spec->command_line);
}

static void append_uefi(GString *xml, const DomainSpec *spec)
{
        xml_append(xml,
                   "    <firmware>\n      <feature enabled='no' name='secure-boot'/>\n    </firmware>\n"
                   "    <nvram>%s</nvram>\n",
                   spec->nvram);
}

/* Appends the machine type: pc, not q35, because it has no PCIe ports to probe, and a guest can ignore all its devices
 * but the virtio ones. */
static void append_os(GString *xml, const DomainSpec *spec)
{
        bool uefi = !spec->kernel && spec->nvram;
        g_string_append(xml, uefi ? "  <os firmware='efi'>\n" : "  <os>\n");
        xml_append(xml, "    <type arch='%s' machine='%s'>hvm</type>\n", is_arm(spec) ? "aarch64" : "x86_64",
                   is_arm(spec) ? "virt" : "pc");
        if (spec->kernel)
                append_kernel(xml, spec);
        else if (uefi)
                append_uefi(xml, spec);
        g_string_append(xml, "  </os>\n");
}

/* On arm64, ACPI comes from UEFI; without it a kernel reads a device tree. */
static void append_features(GString *xml, const DomainSpec *spec)
{
        g_string_append(xml, "  <features>\n");
        if (!is_arm(spec) || !spec->kernel)
                g_string_append(xml, "    <acpi/>\n");
        if (!is_arm(spec))
                g_string_append(xml, "    <apic/>\n");
        if (!spec->kvm)
                xml_append(xml, "    <tcg>\n      <tb-cache unit='MiB'>%d</tb-cache>\n    </tcg>\n",
                           TCG_CACHE_MIB);
        xml_append(xml, "  </features>\n  <cpu mode='%s'/>\n  <clock offset='utc'/>\n",
                   spec->kvm ? "host-passthrough" : "maximum");
}

/* Returns: owned "vda" to "vdz", "vdaa" and so on. */
static char *disk_name(unsigned number)
{
        const unsigned letters = 'z' - 'a' + 1;
        int last = 'a' + (int)(number % letters);
        return number < letters ? g_strdup_printf("vd%c", last)
                                : g_strdup_printf("vd%c%c", 'a' + (int)(number / letters) - 1, last);
}

static void append_disk(GString *xml, const DomainSpec *spec, unsigned number)
{
        const DomainDisk *disk = spec->disks->pdata[number];
        g_autofree char *name = disk_name(number);
        xml_append(xml,
                   "    <disk type='file' device='disk'>\n"
                   "      <driver name='qemu' type='%s' discard='unmap'",
                   disk->format == DISK_QCOW2 ? "qcow2" : "raw");
        /* A read-only disk may be on any file system, also in memory, and several machines may share it. */
        bool direct = spec->direct && !disk->read_only;
        g_string_append(xml, direct ? " cache='none' io='native'/>\n" : "/>\n");
        xml_append(xml, "      <source file='%s'/>\n      <target dev='%s' bus='virtio'/>\n", disk->path,
                   name);
        if (disk->read_only)
                g_string_append(xml, "      <readonly/>\n");
        if (disk->serial)
                xml_append(xml, "      <serial>%s</serial>\n", disk->serial);
        if (number == 0 && !spec->kernel)
                g_string_append(xml, "      <boot order='1'/>\n");
        g_string_append(xml, "    </disk>\n");
}

/* Appends the interfaces without an option ROM, as no machine starts from the network. */
static void append_interfaces(GString *xml, const DomainSpec *spec)
{
        static const char in_guest[] = "      <model type='virtio'/>\n      <rom enabled='no'/>\n";
        domain_xml_open_interface(xml, spec);
        g_string_append(xml, in_guest);
        domain_xml_close_interface(xml);
        domain_xml_append_lan(xml, spec, in_guest);
}

static const char devices[] = "    <serial type='pty'/>\n"
                              "    <console type='pty'/>\n"
                              "    <channel type='unix'>\n"
                              "      <target type='virtio' name='org.qemu.guest_agent.0'/>\n"
                              "    </channel>\n"
                              "    <rng model='virtio'>\n"
                              "      <backend model='random'>/dev/urandom</backend>\n"
                              "    </rng>\n"
                              /* libvirt would add these by itself */
                              "    <controller type='usb' model='none'/>\n"
                              "    <memballoon model='none'/>\n";

char *domain_xml_qemu(const DomainSpec *spec)
{
        GString *xml = g_string_new(NULL);
        domain_xml_open(xml, spec, spec->kvm ? "kvm" : "qemu");
        append_os(xml, spec);
        append_features(xml, spec);
        domain_xml_append_endings(xml);
        g_string_append(xml, "  <devices>\n");
        for (unsigned i = 0; i < spec->disks->len; i++)
                append_disk(xml, spec, i);
        append_interfaces(xml, spec);
        g_string_append(xml, devices);
        g_string_append(xml, "  </devices>\n</domain>\n");
        return g_string_free(xml, false);
}
