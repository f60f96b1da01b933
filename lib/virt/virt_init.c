/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a container to end. libvirt's own way is a message to /dev/initctl or else SIGTERM, and neither systemd nor
 * busybox ends by these. */
#include <stdio.h>
#include <string.h>

#include "domain_xml.h"
#include "virt_private.h"

/* Returns: owned text of /proc/PID/task/PID/children, "" if there are none. */
static char *children_of(long pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%ld/task/%ld/children", pid, pid);
        char *text = NULL;
        return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

static bool is_alive(long pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%ld/stat", pid);
        g_autofree char *text = NULL;
        const char *after_name = g_file_get_contents(path, &text, NULL, NULL) ? strrchr(text, ')') : NULL;
        return after_name && after_name[1] == ' ' && after_name[2] != 'Z';
}

/* The first child of libvirt's process for this container is its init. */
static long init_of(virDomain *domain)
{
        g_autofree char *children = children_of((long)(int)virDomainGetID(domain));
        return strtol(children, NULL, 10);
}

static bool has_living_child(long pid)
{
        g_autofree char *children = children_of(pid);
        g_auto(GStrv) pids = g_strsplit(children, " ", -1);
        for (char **one = pids; *one; one++)
                if (**one && is_alive(strtol(*one, NULL, 10)))
                        return true;
        return false;
}

static DomainInit init_kind(virDomain *domain)
{
        g_autoptr(VirtDomain) known = g_new0(VirtDomain, 1);
        virt_metadata_read(domain, known);
        for (unsigned i = 0; known->init && domain_init_names[i]; i++)
                if (strcmp(known->init, domain_init_names[i]) == 0)
                        return i;
        return INIT_PLAIN;
}

bool virt_init_ask(virDomain *domain, DomainInit *init)
{
        static const unsigned signals[] = {
                [INIT_PLAIN] = VIR_DOMAIN_PROCESS_SIGNAL_TERM,
                [INIT_BUSYBOX] = VIR_DOMAIN_PROCESS_SIGNAL_USR2,
                [INIT_SYSTEMD] = VIR_DOMAIN_PROCESS_SIGNAL_RT3,
        };
        *init = init_kind(domain);
        return virDomainSendProcessSignal(domain, 1, signals[*init], 0) == 0;
}

/* Containers must not call reboot(2), because the same capability can load another kernel into the host. systemd then
 * exits; busybox ends its processes and waits for ever. */
bool virt_init_has_ended(virDomain *domain, DomainInit init)
{
        long pid = init == INIT_BUSYBOX ? init_of(domain) : 0;
        return pid > 0 && !has_living_child(pid);
}
