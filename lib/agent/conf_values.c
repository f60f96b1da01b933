/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf_values.h"

#include <arpa/inet.h>
#include <string.h>

#include "description.h"
#include "errors.h"
#include "units.h"

enum { WORDS_MAX = 64, PREFIX_MIN = 16, PREFIX_MAX = 29 };

/* Returns: owned words of `text`, none of them empty. */
static GStrv split_words(const char *text)
{
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        g_auto(GStrv) parts = g_strsplit_set(text, " \t", -1);
        for (char **part = parts; *part; part++)
                if (**part)
                        g_strv_builder_add(words, *part);
        return g_strv_builder_end(words);
}

static bool read_text(const ConfKey *key, const char *value, char **field, GError **error)
{
        if (!*value)
                return fail(error, LAUTTA_ERROR_USAGE, "it has no value");
        if (key->check && !key->check(value, error))
                return false;
        bool is_none = key->type == CONF_URI && strcmp(value, "none") == 0;
        *field = g_strdup(is_none ? "" : value);
        return true;
}

static bool read_texts(const ConfKey *key, const char *value, GStrv *field, GError **error)
{
        g_auto(GStrv) words = split_words(value);
        if (!*words || g_strv_length(words) > WORDS_MAX)
                return fail(error, LAUTTA_ERROR_USAGE, "write 1 to %d, separated by blanks", WORDS_MAX);
        for (char **word = words; *word; word++) {
                if (key->check && !key->check(*word, error))
                        return false;
                for (char **before = words; before < word; before++)
                        if (strcmp(*before, *word) == 0)
                                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is named twice", *word);
        }
        *field = g_steal_pointer(&words);
        return true;
}

static bool read_flag(const char *value, bool *field, GError **error)
{
        bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
        if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not one of: yes, no", value);
        *field = yes;
        return true;
}

static bool read_size(const ConfKey *key, const char *value, uint64_t *field, GError **error)
{
        uint64_t bytes = 0;
        if (!size_parse(value, &bytes, error))
                return false;
        if (bytes < key->min || bytes > key->max) {
                g_autofree char *max = size_format(key->max);
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is too much: up to %s is allowed", value, max);
        }
        *field = bytes;
        return true;
}

static bool read_seconds(const ConfKey *key, const char *value, unsigned *field, GError **error)
{
        uint64_t seconds = 0;
        if (!duration_parse(value, &seconds, error))
                return false;
        if (seconds < key->min || seconds > key->max)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' is not within %" G_GUINT64_FORMAT "s to %" G_GUINT64_FORMAT "s", value,
                            key->min, key->max);
        *field = (unsigned)seconds;
        return true;
}

static bool read_count(const ConfKey *key, const char *value, unsigned *field, GError **error)
{
        uint64_t number = 0;
        if (!number_parse(value, key->min, key->max, &number, error))
                return false;
        *field = (unsigned)number;
        return true;
}

static bool read_choice(const ConfKey *key, const char *value, unsigned *field, GError **error)
{
        for (unsigned i = 0; key->choices[i]; i++)
                if (strcmp(key->choices[i], value) == 0) {
                        *field = i;
                        return true;
                }
        g_autofree char *allowed = g_strjoinv(", ", (GStrv)key->choices);
        return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not one of: %s", value, allowed);
}

static bool read_percent(const ConfKey *key, const char *value, unsigned *field, GError **error)
{
        g_autofree char *digits = g_strdup(value);
        char *sign = strchr(digits, '%');
        if (!sign || sign[1])
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not of the form 10%%", value);
        *sign = '\0';
        return read_count(key, digits, field, error);
}

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

static bool read_address(const char *value, uint32_t *field, unsigned *prefix_field, GError **error)
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
        *field = address;
        *prefix_field = (unsigned)prefix;
        return true;
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

static bool read_ports(const char *value, GArray **field, GError **error)
{
        g_auto(GStrv) words = split_words(value);
        g_autoptr(GArray) ports = g_array_new(false, false, sizeof(uint32_t));
        if (g_strv_length(words) > WORDS_MAX)
                return fail(error, LAUTTA_ERROR_USAGE, "write at most %d, separated by blanks", WORDS_MAX);
        for (char **word = words; *word; word++) {
                uint32_t port = 0;
                if (!read_port(*word, &port, error))
                        return false;
                for (guint i = 0; i < ports->len; i++)
                        if (g_array_index(ports, uint32_t, i) == port)
                                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is named twice", *word);
                g_array_append_val(ports, port);
        }
        *field = g_steal_pointer(&ports);
        return true;
}

bool conf_value_read(const ConfKey *key, const char *value, void *into, GError **error)
{
        char *base = into;
        void *field = base + key->offset;
        switch (key->type) {
        case CONF_TEXT:
        case CONF_URI:
                return read_text(key, value, field, error);
        case CONF_TEXTS:
                return read_texts(key, value, field, error);
        case CONF_FLAG:
                return read_flag(value, field, error);
        case CONF_SIZE:
                return read_size(key, value, field, error);
        case CONF_SECONDS:
                return read_seconds(key, value, field, error);
        case CONF_COUNT:
                return read_count(key, value, field, error);
        case CONF_PERCENT:
                return read_percent(key, value, field, error);
        case CONF_ADDRESS:
                return read_address(value, field, (unsigned *)(void *)(base + key->second), error);
        case CONF_CHOICE:
                return read_choice(key, value, field, error);
        case CONF_PORTS:
                return read_ports(value, field, error);
        }
        g_assert_not_reached();
}

void conf_value_clear(const ConfKey *key, void *into)
{
        void *field = (char *)into + key->offset;
        if (key->type == CONF_TEXT || key->type == CONF_URI)
                g_clear_pointer((char **)field, g_free);
        else if (key->type == CONF_TEXTS)
                g_clear_pointer((GStrv *)field, g_strfreev);
        else if (key->type == CONF_PORTS)
                g_clear_pointer((GArray **)field, g_array_unref);
}

static bool is_same_texts(char *const *one, char *const *other)
{
        return (one && other) ? g_strv_equal((const char *const *)one, (const char *const *)other)
                              : one == other;
}

static bool is_same_ports(const GArray *one, const GArray *other)
{
        return one->len == other->len &&
               (one->len == 0 || memcmp(one->data, other->data, one->len * sizeof(uint32_t)) == 0);
}

static size_t bytes_of(ConfType type)
{
        switch (type) {
        case CONF_FLAG:
                return sizeof(bool);
        case CONF_SIZE:
                return sizeof(uint64_t);
        default:
                return sizeof(unsigned);
        }
}

bool conf_value_is_same(const ConfKey *key, const void *one, const void *other)
{
        const char *a = one, *b = other;
        const void *field = a + key->offset, *with = b + key->offset;
        switch (key->type) {
        case CONF_TEXT:
        case CONF_URI:
                return g_strcmp0(*(char *const *)field, *(char *const *)with) == 0;
        case CONF_TEXTS:
                return is_same_texts(*(const GStrv *)field, *(const GStrv *)with);
        case CONF_PORTS:
                return is_same_ports(*(GArray *const *)field, *(GArray *const *)with);
        case CONF_ADDRESS:
                return memcmp(field, with, sizeof(uint32_t)) == 0 &&
                       memcmp(a + key->second, b + key->second, sizeof(unsigned)) == 0;
        default:
                return memcmp(field, with, bytes_of(key->type)) == 0;
        }
}

void conf_value_copy(const ConfKey *key, const void *from, void *into)
{
        const char *a = from;
        char *b = into;
        if (key->type == CONF_ADDRESS) {
                memcpy(b + key->offset, a + key->offset, sizeof(uint32_t));
                memcpy(b + key->second, a + key->second, sizeof(unsigned));
                return;
        }
        g_assert(key->type == CONF_TEXT || key->type == CONF_URI);
        const char *text = *(char *const *)(const void *)(a + key->offset);
        conf_value_clear(key, into);
        *(char **)(void *)(b + key->offset) = g_strdup(text);
}
