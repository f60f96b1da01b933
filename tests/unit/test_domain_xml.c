/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/domain-xml.case: a description, and lines that the XML for LXC must have, or with
 * "!" must not. Of domain-qemu.case: the same for QEMU, or, after "--- command line", the kernel's; a comment
 * "# with: WORD..." says what the host has, and which disks beside those of the description. */
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

static const uint8_t mac[6] = {0x52, 0x54, 0, 0xeb, 0x2f, 0x42},
                     lan_mac[6] = {0x52, 0x54, 1, 0xeb, 0x2f, 0x42};

static ServiceDescription *description_of(const Case *one, const char *head)
{
        g_autofree char *yaml = g_strconcat(head, one->input, NULL);
        g_autoptr(GBytes) source = g_bytes_new(yaml, strlen(yaml));
        g_autoptr(GError) error = NULL;
        ServiceDescription *description = description_parse(source, "x", "/", &error);
        g_assert_no_error(error);
        return description;
}

static DomainSpec spec_of(const ServiceDescription *description)
{
        return (DomainSpec){
                .description = description,
                .started_at = 1795345200,
                .network = "lautta0",
                .interface = "lautta-eb2f42",
                .mac = mac,
                .address = "192.168.147.12",
                .prefix = 24,
                .gateway = "192.168.147.1",
                .lan = description->lan ? "br0" : NULL,
                .lan_interface = "lauttl-eb2f42",
                .lan_mac = lan_mac,
        };
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_autoptr(ServiceDescription) description =
                description_of(one, "kind: container\nimage: {file: x}\n");
        g_autoptr(GPtrArray) mounts = mounts_of(description);
        DomainSpec spec = spec_of(description);
        spec.root = "/run/a&b's/root";
        spec.mounts = mounts;
        g_autofree char *xml = domain_xml_lxc(&spec);
        assert_lines(one->expected, xml);
        assert_well_formed(xml);
}

/* True if the case says that the host has `word`. */
static bool with(const Case *one, const char *word)
{
        const char *head = strstr(one->input, "# with: ");
        g_autofree char *line = head ? g_strndup(head, strcspn(head, "\n")) : g_strdup("");
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        return g_strv_contains((const char *const *)words, word);
}

static void add_disk(GPtrArray *disks, const char *name, const char *serial, DomainDisk like)
{
        DomainDisk *disk = g_memdup2(&like, sizeof like);
        disk->path = g_build_filename("/var/lib/lautta", name, NULL);
        disk->serial = g_strdup(serial);
        g_ptr_array_add(disks, disk);
}

static GPtrArray *disks_of(const Case *one, const ServiceDescription *description)
{
        GPtrArray *disks = g_ptr_array_new_with_free_func((GDestroyNotify)domain_disk_free);
        add_disk(disks, "roots/a&b's", "lautta-root",
                 (DomainDisk){.format = with(one, "overlay") ? DISK_QCOW2 : DISK_RAW});
        for (unsigned i = 0; i < description->volumes->len; i++) {
                const ServiceVolume *volume = description->volumes->pdata[i];
                add_disk(disks, volume->name, volume->name, (DomainDisk){.format = DISK_RAW});
        }
        for (unsigned i = 0; with(one, "many") && i < 26; i++)
                add_disk(disks, "more", NULL, (DomainDisk){.format = DISK_RAW});
        if (with(one, "settings"))
                add_disk(disks, "settings.iso", "lautta-settings", (DomainDisk){.read_only = true});
        return disks;
}

static void run_machine_case(const void *data)
{
        const Case *one = data;
        g_autoptr(ServiceDescription) description = description_of(one, "image: {file: x}\n");
        g_autoptr(GPtrArray) disks = disks_of(one, description);
        g_autofree char *command_line = domain_command_line(description, with(one, "kvm"));
        bool has_kernel = description->boot != BOOT_FIRMWARE;
        DomainSpec spec = spec_of(description);
        spec.kvm = with(one, "kvm");
        spec.direct = with(one, "direct");
        spec.disks = disks;
        spec.kernel = has_kernel ? "/k&r" : NULL;
        spec.initrd = has_kernel && with(one, "initrd") ? "/i" : NULL;
        spec.command_line = has_kernel ? command_line : NULL;
        spec.nvram = description->firmware == FIRMWARE_UEFI ? "/var/lib/lautta/nvram" : NULL;
        if (strcmp(one->kind, "command line") == 0) {
                g_assert_cmpstr(command_line, ==, one->expected);
                return;
        }
        g_autofree char *xml = domain_xml_qemu(&spec);
        assert_lines(one->expected, xml);
        assert_well_formed(xml);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("domain-xml", 11, run_case);
        cases_add("domain-qemu", 16, run_machine_case);
        return g_test_run();
}
