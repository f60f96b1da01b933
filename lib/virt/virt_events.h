/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs libvirt's event loop on a thread and a main context of its own. Without a loop, libvirt neither sends nor
 * answers keepalive messages, and a call to a libvirtd that hangs waits for ever. libvirt's own loop would use the
 * default main context, which belongs to the program. */
#pragma once

/* Call before the first connection is opened. Safe on any thread, more than once. */
void virt_events_start(void);
