/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a libvirt network's XML may be changed while it is active: its DHCP reservations and DNS names. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
        char *shape;      /* bridge, addresses and domain: of another shape is another network */
        GHashTable *dhcp; /* set of owned <host .../>, written the same way whoever wrote the XML */
        GHashTable *dns;
} NetworkEntries;

/* Errors: CORRUPT if it is no XML. */
NetworkEntries *network_entries_read(const char *xml, GError **error);

void network_entries_free(NetworkEntries *entries);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetworkEntries, network_entries_free)
