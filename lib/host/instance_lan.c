/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "instance_private.h"

#include <string.h>

#include "digest.h"

enum { MACHINE_ID_BYTES = 32 };

/* Other hosts on the site's network may run the same service, so the name of this host goes into the MAC. */
static void add_host(GString *name)
{
        g_autofree char *id = NULL;
        if (g_file_get_contents("/etc/machine-id", &id, NULL, NULL) && strlen(id) >= MACHINE_ID_BYTES)
                g_string_append_len(name, id, MACHINE_ID_BYTES);
        else
                g_string_append(name, g_get_host_name());
}

char *instance_lan(const NetworkService *network, uint8_t mac[6])
{
        g_autoptr(GString) name = g_string_new(network->service);
        uint8_t digest[DIGEST_BYTES];
        g_string_append(name, " on ");
        add_host(name);
        digest_sha256(name->str, name->len, digest);
        memcpy(mac, (const uint8_t[]){0x52, 0x54, 0x00, digest[0], digest[1], digest[2]}, 6);
        return g_strdup_printf("lauttl-%02x%02x%02x", network->mac[3], network->mac[4], network->mac[5]);
}
