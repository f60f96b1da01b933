/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of a libvirt network's XML that can change while it is active: its DHCP reservations and DNS names. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
        char *shape;      /* bridge, addresses and domain: an active network cannot change these */
        GHashTable *dhcp; /* set of owned <host .../>, always written the same way */
        GHashTable *dns;
} NetworkEntries;

/* Parse the XML of a network. Returns: owned. Errors: CORRUPT if it is not XML. */
NetworkEntries *network_entries_read(const char *xml, GError **error);

void network_entries_free(NetworkEntries *entries);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetworkEntries, network_entries_free)
