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

/* Open a connection that ends, with every call that waits on it, after half a minute without an answer of libvirtd. Returns: owned. Errors: TRY_AGAIN if that does not answer, or is not there; of libvirt. */
virConnect *virt_dial(const char *uri, GError **error);

/* The calling thread asks libvirt for what the words say, from now to virt_call_end(): virt_waits_for(). */
typedef struct VirtCall VirtCall;
VirtCall *virt_call_begin(const Virt *virt, const char *format, ...) G_GNUC_PRINTF(2, 3);
void virt_call_end(VirtCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCall, virt_call_end)

/* Note that libvirt has answered and that the calling thread asks again: its waiting time restarts. */
void virt_call_goes_on(void);

/* Set `error` from libvirt's last one, with our words in front. Returns: false. */
bool virt_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Ask a container's init to end, by the signal that it knows; `init` is what it is. */
bool virt_init_ask(virDomain *domain, DomainInit *init);

/* The init that was asked has ended all else and will not end itself. */
bool virt_init_has_ended(virDomain *domain, DomainInit init);

/* Ask libvirt whether machines can run with KVM, and do not believe it without a processor that virtualizes.
 */
bool virt_kvm_probe(virConnect *connection);

/* The same of the processor, from the text of /proc/cpuinfo; true if that does not say. Pure. */
bool virt_kvm_fits(const char *cpuinfo);

/* Fill in `result` from our metadata in `domain`. Does nothing for a domain that is not ours. */
void virt_metadata_read(virDomain *domain, VirtDomain *result);
