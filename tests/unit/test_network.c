/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/network.case: services (see network_fixture.h), and their addresses, an error, or
 * lines of libvirt's XML. */
#include "network_fixture.h"

static char *dump(GPtrArray *services)
{
        GString *out = g_string_new(NULL);
        for (unsigned i = 0; i < services->len; i++) {
                const NetworkService *service = services->pdata[i];
                g_autofree char *address = network_address_text(service->address);
                g_autofree char *interface = network_interface(service, service->slot);
                g_string_append_printf(out, "%s %s %s\n", service->service, address, interface);
        }
        return g_string_free(out, false);
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_autoptr(NetworkFixture) fixture = fixture_new(one->input);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) services = fixture_plan(fixture, &error);
        if (strcmp(one->kind, "error") == 0) {
                g_assert_null(services);
                g_assert_cmpstr(error->message, ==, one->expected);
                return;
        }
        g_assert_no_error(error);
        g_autofree char *said =
                strcmp(one->kind, "xml") == 0 ? network_xml(&fixture->network, services) : dump(services);
        assert_lines(one->expected, said);
}

static void a_network_can_be_filled_to_the_last_address(void)
{
        g_autoptr(GString) input = g_string_new("network 10.0.0.1/28\n");
        for (unsigned i = 0; i < 13; i++)
                g_string_append_printf(input, "service-%u\n", i);
        g_autoptr(NetworkFixture) fixture = fixture_new(input->str);
        g_autoptr(GPtrArray) services = network_plan(&fixture->network, fixture->descriptions, NULL, NULL);
        g_assert_nonnull(services);
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
        for (unsigned i = 0; i < services->len; i++) {
                uint32_t address = ((NetworkService *)services->pdata[i])->address;
                g_assert_cmpuint(address, >=, 0x0a000002);
                g_assert_cmpuint(address, <=, 0x0a00000e);
                g_assert_true(g_hash_table_add(seen, GUINT_TO_POINTER(address)));
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("network", 12, run_case);
        g_test_add_func("/network/a_network_can_be_filled_to_the_last_address",
                        a_network_can_be_filled_to_the_last_address);
        return g_test_run();
}
