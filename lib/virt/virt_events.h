/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's event loop, on a thread and a main context of its own: without one, libvirt answers no keepalive
 * messages and sends none, and whoever asks a libvirtd that hangs waits for ever. The default main context,
 * which libvirt's own event loop would use, is the program's. */
#pragma once

/* Before the first connection is opened. Threads: any, more than once. */
void virt_events_start(void);
