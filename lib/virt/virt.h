/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only access to libvirt: the running domains, started and stopped by their XML. No other header says "libvirt". */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Virt Virt;

/* Connect to `uri` ("lxc:///system", "qemu:///system", "test:///default", or with "?socket=PATH"). The next call
 * replaces a connection that broke. A call waits about half a minute for a libvirtd that hangs. Any thread may call;
 * each has its own connection. Errors: TRY_AGAIN with what to look at if libvirt does not answer, USAGE for a bad URI,
 * SYSTEM. */
Virt *virt_open(const char *uri, GError **error);
void virt_free(Virt *virt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Virt, virt_free)

/* "LXC", "QEMU", "TEST"; owned by `virt`. */
const char *virt_driver(const Virt *virt);

typedef struct {
        char *name;
        int id; /* of a container, libvirt's process for it; of a machine, a number that libvirt gives once */
        bool runs;          /* false: paused, shutting down or crashed */
        int64_t started_at; /* Unix seconds, as our own metadata says; 0: not ours */
        char *service; /* from Lautta's metadata; NULL: another program's domain, which must be left alone */
        char *version;
        char *interface;    /* its end on the host, in the host's private network */
        char *settings;     /* digest of the settings that it was started with; or NULL */
        unsigned processes; /* most that a container may have, from the metadata; 0: no limit */
        char *init;         /* of a container: the kind of its init (domain_xml.h); or NULL */
} VirtDomain;

void virt_domain_free(VirtDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtDomain, virt_domain_free)

/* Returns: owned array of owned VirtDomain: all active domains, Lautta's and others. */
GPtrArray *virt_list(Virt *virt, GError **error);

/* Start a transient domain, which libvirt forgets when it stops. A machine waits before its first instruction until
 * virt_resume(); a container cannot. Errors: CONFLICT if the name is taken. */
bool virt_start(Virt *virt, const char *xml, GError **error);

/* Let a paused domain run. A running domain is fine. */
bool virt_resume(Virt *virt, const char *name, GError **error);

/* True if this host's QEMU has KVM, and its processor what KVM needs. False while libvirt does not answer. */
bool virt_has_kvm(Virt *virt);

/* Ask the domain to shut down, and destroy it after `grace_ms` (0: at once). An absent domain is fine. */
bool virt_stop(Virt *virt, const char *name, unsigned grace_ms, GError **error);

/* Returns: owned path of the terminal that shows the console of an active domain. Sets `id` to VirtDomain.id.
 * Errors: NOT_FOUND if the domain is not active or has no console. */
char *virt_console(Virt *virt, const char *name, int *id, GError **error);

/* Returns: owned words for the call to libvirt that has lasted longest in any thread, such as "start 'web_1.0' (LXC)",
 * with its time in `age_us`; NULL if none has lasted `least_s` or more. */
char *virt_waits_for(unsigned least_s, gint64 *age_us);

/* Make the network `xml` active, or bring an active network of that name to the same DHCP and DNS entries; interfaces
 * on it stay connected. NULL for `xml` takes the network down. */
bool virt_network_set(Virt *virt, const char *name, const char *xml, GError **error);

/* True if libvirt has no active network of that name; false if it has, or does not answer. */
bool virt_network_is_away(Virt *virt, const char *name);
