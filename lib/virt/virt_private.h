/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files that call libvirt; no other file includes this header. */
#pragma once

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "domain_xml.h"
#include "virt.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virConnect, virConnectClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, virNetworkFree)

/* Returns: a reference to a connection that was alive a moment ago; release it with virConnectClose(). */
virConnect *virt_connect(Virt *virt, GError **error);

/* Open a connection. A libvirtd that does not answer for half a minute ends it, and every call that waits on it.
 * Returns: owned. Errors: TRY_AGAIN if libvirtd does not answer or is absent; those of libvirt. */
virConnect *virt_dial(const char *uri, GError **error);

/* Note that the calling thread asks libvirt for the work that the words name, from now to virt_call_end(), for
 * virt_waits_for(). */
typedef struct VirtCall VirtCall;
VirtCall *virt_call_begin(const Virt *virt, const char *format, ...) G_GNUC_PRINTF(2, 3);
void virt_call_end(VirtCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCall, virt_call_end)

/* Note that libvirt has answered and that the calling thread asks again: its waiting time restarts. */
void virt_call_goes_on(void);

/* Set `error` from libvirt's last error, with the formatted words in front. Returns: false. */
bool virt_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Ask a container's init to end, by the signal for its kind. Sets `init` to the kind. */
bool virt_init_ask(virDomain *domain, DomainInit *init);

/* True if the init that was asked has ended all other processes and will not end itself. */
bool virt_init_has_ended(virDomain *domain, DomainInit init);

/* True if libvirt says that machines can run with KVM and the processor can virtualize. */
bool virt_kvm_probe(virConnect *connection);

/* Pure. True if the processor in the text of /proc/cpuinfo can virtualize, or if the text does not say. */
bool virt_kvm_fits(const char *cpuinfo);

/* Fill in `result` from Lautta's metadata in `domain`. Does nothing for another program's domain. */
void virt_metadata_read(virDomain *domain, VirtDomain *result);
