/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether machines can run with KVM. */
#include "virt_private.h"

bool virt_kvm_fits(const char *cpuinfo)
{
        g_auto(GStrv) lines = g_strsplit(cpuinfo, "\n", -1);
        for (char **line = lines; *line; line++) {
                if (!g_str_has_prefix(*line, "flags"))
                        continue;
                g_auto(GStrv) flags = g_strsplit_set(*line, " \t", -1);
                return g_strv_contains((const char *const *)flags, "vmx") ||
                       g_strv_contains((const char *const *)flags, "svm");
        }
        return true;
}

/* On a host without QEMU, libvirtd answers the question for KVM with an error in the journal. */
static bool has_emulator(virConnect *connection)
{
        char *capabilities = virConnectGetCapabilities(connection);
        bool found = capabilities && strstr(capabilities, "<guest>");
        free(capabilities);
        return found;
}

/* Some kernels have a KVM that does not need such a processor (tried: kvm_pvm). libvirt and QEMU accept it, but a
 * guest's kernel that does not support it does not start. */
bool virt_kvm_probe(virConnect *connection)
{
        g_autofree char *cpuinfo = NULL;
        if (!g_file_get_contents("/proc/cpuinfo", &cpuinfo, NULL, NULL) || !virt_kvm_fits(cpuinfo) ||
            !has_emulator(connection))
                return false;
        char *capabilities = virConnectGetDomainCapabilities(connection, NULL, NULL, NULL, "kvm", 0);
        bool found = capabilities != NULL;
        free(capabilities);
        return found;
}
