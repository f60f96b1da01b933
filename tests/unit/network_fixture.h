/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Services on a network, from the lines of a case:
 *
 *     network 192.168.147.1/24          of the host; this is the default
 *     inbound 22 udp:53                 its own open ports; without it, it guards nothing
 *     remember web 192.168.147.12
 *     web {address: 192.168.147.12}     a service, and its "network"
 *     other web                         it is heard at the second of its interfaces */
#pragma once

#include <arpa/inet.h>
#include <stdlib.h>

#include "cases.h"
#include "network.h"

typedef struct {
        HostNetwork network;
        GHashTable *remembered;
        GPtrArray *descriptions;
        GHashTable *others; /* services */
} NetworkFixture;

static inline void fixture_read_network(NetworkFixture *fixture, const char *text)
{
        g_auto(GStrv) parts = g_strsplit(text, "/", 2);
        struct in_addr address;
        g_assert_cmpint(inet_pton(AF_INET, parts[0], &address), ==, 1);
        fixture->network.address = ntohl(address.s_addr);
        fixture->network.prefix = (unsigned)atoi(parts[1]);
}

static inline void fixture_read_inbound(NetworkFixture *fixture, const char *text)
{
        g_auto(GStrv) ports = g_strsplit(text, " ", -1);
        fixture->network.guards_inbound = true;
        for (char **port = ports; *port; port++) {
                bool udp = g_str_has_prefix(*port, "udp:");
                uint32_t one = (uint32_t)udp << 16 | (uint32_t)atoi(udp ? *port + 4 : *port);
                g_array_append_val(fixture->network.inbound, one);
        }
}

static inline void fixture_read_service(NetworkFixture *fixture, const char *line)
{
        g_auto(GStrv) parts = g_strsplit(line, " ", 2);
        g_autofree char *yaml =
                g_strdup_printf("service: %s\nversion: '1'\nimage: {file: x}\n%s%s\n", parts[0],
                                parts[1] ? "network: " : "", parts[1] ? parts[1] : "");
        g_autoptr(GBytes) source = g_bytes_new(yaml, strlen(yaml));
        g_autoptr(GError) error = NULL;
        ServiceDescription *description = description_parse(source, "x", "/", &error);
        g_assert_no_error(error);
        g_ptr_array_add(fixture->descriptions, description);
}

static inline NetworkFixture *fixture_new(const char *input)
{
        NetworkFixture *fixture = g_new0(NetworkFixture, 1);
        fixture->network = (HostNetwork){
                .bridge = "lautta0", .address = 0xc0a89301, .prefix = 24, .domain = "lautta.internal"};
        fixture->network.inbound = g_array_new(false, false, sizeof(uint32_t));
        fixture->remembered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        fixture->descriptions = g_ptr_array_new_with_free_func((GDestroyNotify)description_free);
        fixture->others = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_auto(GStrv) lines = g_strsplit(input, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", 3);
                if (!words[0])
                        continue;
                if (strcmp(words[0], "network") == 0)
                        fixture_read_network(fixture, words[1]);
                else if (strcmp(words[0], "inbound") == 0)
                        fixture_read_inbound(fixture, *line + strlen("inbound "));
                else if (strcmp(words[0], "remember") == 0)
                        g_hash_table_insert(fixture->remembered, g_strdup(words[1]), g_strdup(words[2]));
                else if (strcmp(words[0], "other") == 0)
                        g_hash_table_add(fixture->others, g_strdup(words[1]));
                else
                        fixture_read_service(fixture, *line);
        }
        return fixture;
}

static inline void fixture_free(NetworkFixture *fixture)
{
        g_array_unref(fixture->network.inbound);
        g_hash_table_unref(fixture->remembered);
        g_ptr_array_unref(fixture->descriptions);
        g_hash_table_unref(fixture->others);
        g_free(fixture);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetworkFixture, fixture_free)

static inline void fixture_set_slots(const NetworkFixture *fixture, GPtrArray *services)
{
        for (unsigned i = 0; i < services->len; i++) {
                NetworkService *service = services->pdata[i];
                service->slot = g_hash_table_contains(fixture->others, service->service) ? 1 : 0;
        }
}

/* Returns: owned; NULL with `error`. */
static inline GPtrArray *fixture_plan(const NetworkFixture *fixture, GError **error)
{
        GPtrArray *services =
                network_plan(&fixture->network, fixture->descriptions, fixture->remembered, error);
        if (services)
                fixture_set_slots(fixture, services);
        return services;
}

/* Each expected line is a line of `text`, blanks around it aside, or is not, if it begins with "!". */
static inline void assert_lines(const char *expected, const char *text)
{
        g_auto(GStrv) wanted = g_strsplit(expected, "\n", -1);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                g_strstrip(*line);
        for (char **line = wanted; *line; line++) {
                bool absent = **line == '!';
                const char *one = *line + absent;
                if (g_strv_contains((const char *const *)lines, one) == absent)
                        g_error("%s line '%s' in:\n%s", absent ? "there is a" : "no", one, text);
        }
}
