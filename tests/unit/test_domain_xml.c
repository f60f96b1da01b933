/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/domain-xml.case: a description, and lines that the XML for LXC must have, or with
 * "!" must not. */
#include "domain_xml.h"

#include "network_fixture.h"

static void start_element(GMarkupParseContext *context, const char *element, const char **names,
                          const char **values, void *data, GError **error)
{
        unsigned *count = data;
        ++*count;
}

static void assert_well_formed(const char *xml)
{
        const GMarkupParser parser = {.start_element = start_element};
        unsigned count = 0;
        g_autoptr(GError) error = NULL;
        g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, &count, NULL);
        g_assert_true(g_markup_parse_context_parse(context, xml, -1, &error));
        g_assert_true(g_markup_parse_context_end_parse(context, &error));
        g_assert_cmpuint(count, >, 20);
}

static GPtrArray *mounts_of(const ServiceDescription *description)
{
        GPtrArray *mounts = g_ptr_array_new_with_free_func((GDestroyNotify)domain_mount_free);
        for (unsigned i = 0; i < description->volumes->len; i++) {
                const ServiceVolume *volume = description->volumes->pdata[i];
                DomainMount *mount = g_new0(DomainMount, 1);
                mount->source = g_build_filename("/run/lautta/mounts", volume->name, NULL);
                mount->at = g_strdup(volume->at);
                g_ptr_array_add(mounts, mount);
        }
        return mounts;
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_autofree char *yaml = g_strconcat("kind: container\nimage: {file: x}\n", one->input, NULL);
        g_autoptr(GBytes) source = g_bytes_new(yaml, strlen(yaml));
        g_autoptr(GError) error = NULL;
        g_autoptr(ServiceDescription) description = description_parse(source, "x", "/", &error);
        g_assert_no_error(error);
        g_autoptr(GPtrArray) mounts = mounts_of(description);
        const uint8_t mac[6] = {0x52, 0x54, 0, 0xeb, 0x2f, 0x42};
        DomainSpec spec = {
                .description = description,
                .started_at = 1795345200,
                .network = "lautta0",
                .interface = "lautta-eb2f42",
                .mac = mac,
                .address = "192.168.147.12",
                .prefix = 24,
                .gateway = "192.168.147.1",
                .root = "/run/a&b's/root",
                .mounts = mounts,
        };
        g_autofree char *xml = domain_xml_lxc(&spec);
        assert_lines(one->expected, xml);
        assert_well_formed(xml);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("domain-xml", 6, run_case);
        return g_test_run();
}
