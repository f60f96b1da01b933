/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf_network.h"

#include <arpa/inet.h>
#include <string.h>

#include "description.h"
#include "errors.h"
#include "network.h"
#include "schema_ini.h"
#include "units.h"

enum { PREFIX_MIN = 16, PREFIX_MAX = 29 };

/* --- the host's address */

/* Public addresses would hide a part of the internet from the host and its services. */
static bool is_private(uint32_t address, unsigned prefix)
{
        static const struct {
                uint32_t base;
                unsigned prefix;
        } ranges[] = {{0x0a000000, 8}, {0x64400000, 10}, {0xac100000, 12}, {0xc0a80000, 16}};
        for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++)
                if (prefix >= ranges[i].prefix &&
                    address >> (32 - ranges[i].prefix) == ranges[i].base >> (32 - ranges[i].prefix))
                        return true;
        return false;
}

static bool read_address(const char *value, void *field, GError **error)
{
        struct in_addr parsed;
        uint64_t prefix = 0;
        g_auto(GStrv) parts = g_strsplit(value, "/", 2);
        if (g_strv_length(parts) != 2 || inet_pton(AF_INET, parts[0], &parsed) != 1 ||
            !number_parse(parts[1], PREFIX_MIN, PREFIX_MAX, &prefix, NULL))
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' is not an address with prefix, %d to %d: write it like 192.168.147.1/24",
                            value, PREFIX_MIN, PREFIX_MAX);
        uint32_t address = ntohl(parsed.s_addr);
        uint32_t part = address & (UINT32_MAX >> prefix);
        if (part == 0 || part == UINT32_MAX >> prefix)
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "'%s' is the network's own or its broadcast address: give the host's, like 192.168.147.1/24",
                        value);
        if (!is_private(address, (unsigned)prefix))
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "'%s' is not a private address: allowed are 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12 and 192.168.0.0/16",
                        value);
        HostNetwork *network = field;
        network->address = address;
        network->prefix = (unsigned)prefix;
        return true;
}

static bool is_same_address(const void *one, const void *other)
{
        const HostNetwork *a = one, *b = other;
        return a->address == b->address && a->prefix == b->prefix;
}

static void copy_address(const void *from, void *field)
{
        const HostNetwork *network = from;
        HostNetwork *into = field;
        into->address = network->address;
        into->prefix = network->prefix;
}

const SchemaOwn conf_address = {.read = read_address, .is_same = is_same_address, .copy = copy_address};

/* --- ports */

static void clear_ports(void *field)
{
        g_clear_pointer((GArray **)field, g_array_unref);
}

static bool read_port(const char *word, uint32_t *port, GError **error)
{
        uint64_t number = 0;
        g_auto(GStrv) parts = g_strsplit(word, "/", 2);
        bool is_tcp = g_strcmp0(parts[1], "tcp") == 0; /* parts[1] is there: a word is not empty */
        if (!parts[1] || (!is_tcp && strcmp(parts[1], "udp") != 0) ||
            !number_parse(parts[0], 1, UINT16_MAX, &number, NULL))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a port: write it like 22/tcp or 53/udp",
                            word);
        *port = (uint32_t)(is_tcp ? PROTOCOL_TCP : PROTOCOL_UDP) << 16 | (uint32_t)number;
        return true;
}

static bool read_ports(const char *value, void *field, GError **error)
{
        g_auto(GStrv) words = schema_ini_words(value);
        g_autoptr(GArray) ports = g_array_new(false, false, sizeof(uint32_t));
        if (g_strv_length(words) > SCHEMA_INI_WORDS_MAX)
                return fail(error, LAUTTA_ERROR_USAGE, "write at most %d, separated by blanks",
                            SCHEMA_INI_WORDS_MAX);
        for (char **word = words; *word; word++) {
                uint32_t port = 0;
                if (!read_port(*word, &port, error))
                        return false;
                for (guint i = 0; i < ports->len; i++)
                        if (g_array_index(ports, uint32_t, i) == port)
                                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is named twice", *word);
                g_array_append_val(ports, port);
        }
        clear_ports(field);
        *(GArray **)field = g_steal_pointer(&ports);
        return true;
}

static bool is_same_ports(const void *one, const void *other)
{
        const GArray *a = *(GArray *const *)one, *b = *(GArray *const *)other;
        return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len * sizeof(uint32_t)) == 0);
}

const SchemaOwn conf_ports = {.read = read_ports, .clear = clear_ports, .is_same = is_same_ports};
