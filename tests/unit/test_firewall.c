/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/firewall.case: services (see network_fixture.h), and lines that the rules must
 * have, or with "!" must not. All rules are checked by nftables, which changes nothing. */
#include <nftables/libnftables.h>
#include <unistd.h>

#include "network_fixture.h"
#include "network.h"

/* Lets nftables check the rules, which needs no rights but a netlink socket. */
static void assert_nft_accepts(const char *rules)
{
        struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
        nft_ctx_buffer_error(nft);
        nft_ctx_set_dry_run(nft, true);
        if (geteuid() == 0 && nft_run_cmd_from_buffer(nft, rules) != 0)
                g_error("%s\nof:\n%s", nft_ctx_get_error_buffer(nft), rules);
        nft_ctx_free(nft);
}

/* Those of a switch to the services at their second interface. */
static char *switch_rules(const NetworkFixture *fixture, GPtrArray *services)
{
        g_autoptr(GPtrArray) promoted = g_ptr_array_new();
        for (unsigned i = 0; i < services->len; i++)
                if (((NetworkService *)services->pdata[i])->slot)
                        g_ptr_array_add(promoted, services->pdata[i]);
        return firewall_switch(&fixture->network, services, promoted, true);
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_autoptr(NetworkFixture) fixture = fixture_new(one->input);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) services = fixture_plan(fixture, &error);
        g_assert_no_error(error);
        bool is_switch = strcmp(one->kind, "switch") == 0;
        g_autofree char *rules =
                is_switch ? switch_rules(fixture, services) : firewall_rules(&fixture->network, services);
        assert_lines(one->expected, rules);
        if (!is_switch) /* those ask for the bridge to be there */
                assert_nft_accepts(rules);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("firewall", 17, run_case);
        return g_test_run();
}
