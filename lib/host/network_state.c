/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads back the kernel's state that network_apply() sets. Other programs change it: `flush ruleset` is the first line
 * of Debian's nftables.conf. */
#include <nftables/libnftables.h>
#include <string.h>

#include "digest.h"
#include "network.h"

static const char *const tables[] = {"inet lautta", "bridge lautta"};

/* Below /proc/sys/net; "%s" is the bridge. */
static const char *const parameters[] = {
        "ipv4/ip_forward",
        "ipv4/conf/all/send_redirects",
        "ipv4/conf/%s/send_redirects",
        "ipv4/conf/%s/proxy_arp_pvlan",
        "ipv4/conf/%s/route_localnet",
};

/* Returns: owned text of a table as nftables lists it; NULL if there is none. */
static char *list_table(const char *table)
{
        struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
        g_autofree char *command = g_strdup_printf("list table %s", table);
        char *text = NULL;
        if (!nft)
                return NULL;
        nft_ctx_buffer_error(nft);
        nft_ctx_buffer_output(nft);
        nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_STATELESS);
        if (nft_run_cmd_from_buffer(nft, command) == 0)
                text = g_strdup(nft_ctx_get_output_buffer(nft));
        nft_ctx_free(nft);
        return text;
}

/* Appends the table's line. Returns: true if the table is of the transaction that set `marker`. */
static bool append_table(GString *state, const char *table, const char *marker)
{
        uint8_t digest[DIGEST_BYTES];
        g_autofree char *text = list_table(table);
        if (text)
                digest_sha256(text, strlen(text), digest);
        g_autofree char *hex = text ? digest_to_hex(digest) : g_strdup("absent");
        g_string_append_printf(state, "table %s: %s\n", table, hex);
        return text && strstr(text, marker);
}

static void append_value(GString *state, const char *name, const char *directory, const char *file)
{
        g_autofree char *path = g_build_filename(directory, file, NULL);
        g_autofree char *value = NULL;
        if (!g_file_get_contents(path, &value, NULL, NULL))
                value = g_strdup("absent");
        g_string_append_printf(state, "%s: %s\n", name, g_strstrip(value));
}

static void append_values(GString *state, const HostNetwork *network)
{
        for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++) {
                g_auto(GStrv) parts = g_strsplit(parameters[i], "%s", 2);
                g_autofree char *file = g_strjoinv(network->bridge, parts);
                append_value(state, file, "/proc/sys/net", file);
        }
        g_autofree char *option = g_strdup_printf("%s/bridge/no_linklocal_learn", network->bridge);
        append_value(state, option, "/sys/class/net", option);
}

char *network_state(const HostNetwork *network, GPtrArray *services, bool *is_applied)
{
        GString *state = g_string_new(NULL);
        g_autofree char *marker = firewall_marker(network, services);
        *is_applied = true;
        for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
                *is_applied &= append_table(state, tables[i], marker);
        append_values(state, network);
        return g_string_free(state, false);
}

char *network_state_difference(const char *before, const char *now)
{
        g_auto(GStrv) had = g_strsplit(before, "\n", -1);
        g_auto(GStrv) has = g_strsplit(now, "\n", -1);
        g_autoptr(GStrvBuilder) names = g_strv_builder_new();
        for (char **line = has; *line; line++) {
                g_autofree char *name = g_strndup(*line, strcspn(*line, ":"));
                if (!g_strv_contains((const char *const *)had, *line))
                        g_strv_builder_add(names, name);
        }
        g_auto(GStrv) all = g_strv_builder_end(names);
        return *all ? g_strjoinv(", ", all) : NULL;
}
