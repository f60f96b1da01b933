/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network.h"

#include <string.h>

static bool is_address_of_one(GPtrArray *services, const char *text)
{
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                g_autofree char *address = network_address_text(service->address);
                if (strcmp(address, text) == 0)
                        return true;
        }
        return false;
}

char *network_neighbours(const HostNetwork *network, GPtrArray *services, const char *have)
{
        GString *commands = g_string_new(NULL);
        g_auto(GStrv) lines = g_strsplit(have, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_autofree char *address = g_strndup(*line, strcspn(*line, " "));
                if (*address && !is_address_of_one(services, address))
                        g_string_append_printf(commands, "neigh del %s dev %s\n", address, network->bridge);
        }
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                const uint8_t *m = service->mac;
                g_autofree char *address = network_address_text(service->address);
                g_string_append_printf(
                        commands,
                        "neigh replace %s lladdr %02x:%02x:%02x:%02x:%02x:%02x dev %s nud permanent\n",
                        address, m[0], m[1], m[2], m[3], m[4], m[5], network->bridge);
        }
        return g_string_free(commands, false);
}
