/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The door to libvirt, with libvirt's own test driver, which lives in this process. */
#include "virt.h"

#include <string.h>

#include "errors.h"
#include "network_entries.h"
#include "virt_private.h"

#define DOMAIN(name, metadata)                                                                               \
        "<domain type='test'><name>" name "</name>" metadata                                                 \
        "<memory>8192</memory><os><type>hvm</type></os></domain>"
#define OURS                                                                                                 \
        "<metadata><lautta:domain xmlns:lautta='urn:lautta:domain' service='web' version='1:2.0~rc1' "       \
        "started='77' interface='lautta-eb2f42' settings='5e77'/>"                                           \
        "</metadata>"
#define NETWORK(bridge, entries)                                                                             \
        "<network><name>lautta0</name><forward mode='open'/><bridge name='" bridge                           \
        "'/><ip address='10.9.8.1' prefix='24'><dhcp><range start='10.9.8.2' end='10.9.8.9'/>" entries       \
        "</dhcp></ip></network>"

static Virt *open_test(void)
{
        g_autoptr(GError) error = NULL;
        Virt *virt = virt_open("test:///default", &error);
        g_assert_no_error(error);
        return virt;
}

static const VirtDomain *find(GPtrArray *list, const char *name)
{
        for (unsigned i = 0; i < list->len; i++)
                if (strcmp(((VirtDomain *)list->pdata[i])->name, name) == 0)
                        return list->pdata[i];
        return NULL;
}

static void a_domain_of_ours_is_known_by_its_metadata(void)
{
        g_autoptr(Virt) virt = open_test();
        g_autoptr(GError) error = NULL;
        g_assert_cmpstr(virt_driver(virt), ==, "TEST");
        g_assert_true(virt_start(virt, DOMAIN("web_1", OURS), &error));
        g_assert_no_error(error);
        g_autoptr(GPtrArray) list = virt_list(virt, &error);
        const VirtDomain *domain = find(list, "web_1");
        g_assert_nonnull(domain);
        g_assert_cmpstr(domain->service, ==, "web");
        g_assert_cmpstr(domain->version, ==, "1:2.0~rc1");
        g_assert_cmpint(domain->started_at, ==, 77);
        g_assert_cmpstr(domain->settings, ==, "5e77");
        g_assert_cmpstr(domain->interface, ==, "lautta-eb2f42");
        g_assert_null(domain->init);
        g_assert_true(domain->runs);
}

static void a_domain_of_others_is_told_apart(void)
{
        g_autoptr(Virt) virt = open_test();
        g_assert_true(virt_start(virt, DOMAIN("other", ""), NULL));
        g_autoptr(GPtrArray) list = virt_list(virt, NULL);
        const VirtDomain *domain = find(list, "other");
        g_assert_nonnull(domain);
        g_assert_null(domain->service);
        g_assert_null(domain->version);
}

static void a_taken_name_is_a_conflict(void)
{
        g_autoptr(Virt) virt = open_test();
        g_autoptr(GError) error = NULL;
        g_assert_true(virt_start(virt, DOMAIN("web_1", OURS), NULL));
        g_assert_false(virt_start(virt, DOMAIN("web_1", OURS), &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
        g_assert_cmpstr(error->message, ==, "'web_1' exists already on 'test:///default'");
}

static void a_stopped_domain_is_gone(void)
{
        g_autoptr(Virt) virt = open_test();
        const unsigned graces_ms[] = {0, 5000};
        for (size_t i = 0; i < G_N_ELEMENTS(graces_ms); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_true(virt_start(virt, DOMAIN("web_1", OURS), NULL));
                g_assert_true(virt_stop(virt, "web_1", graces_ms[i], &error));
                g_assert_no_error(error);
                g_autoptr(GPtrArray) list = virt_list(virt, NULL);
                g_assert_null(find(list, "web_1"));
        }
}

static void stopping_what_is_not_there_is_fine(void)
{
        g_autoptr(Virt) virt = open_test();
        g_autoptr(GError) error = NULL;
        g_assert_true(virt_stop(virt, "nothing", 1000, &error));
        g_assert_no_error(error);
}

/* The test driver is one for the whole process: what another connection does is seen here. */
static void suspend(const char *name)
{
        g_autoptr(virConnect) connection = virConnectOpen("test:///default");
        g_autoptr(virDomain) domain = virDomainLookupByName(connection, name);
        g_assert_nonnull(domain);
        g_assert_cmpint(virDomainSuspend(domain), ==, 0);
}

static void what_is_paused_does_not_run_until_it_is_resumed(void)
{
        g_autoptr(Virt) virt = open_test();
        g_autoptr(GError) error = NULL;
        g_assert_true(virt_start(virt, DOMAIN("web_1", OURS), NULL));
        suspend("web_1");
        g_autoptr(GPtrArray) before = virt_list(virt, NULL);
        g_assert_false(find(before, "web_1")->runs);
        g_assert_true(virt_resume(virt, "web_1", &error));
        g_assert_no_error(error);
        g_autoptr(GPtrArray) after = virt_list(virt, NULL);
        g_assert_true(find(after, "web_1")->runs);
        g_assert_true(virt_resume(virt, "web_1", &error));
        g_assert_no_error(error);
}

static void what_is_paused_is_not_asked_to_end(void)
{
        g_autoptr(Virt) virt = open_test();
        g_autoptr(GError) error = NULL;
        g_assert_true(virt_start(virt, DOMAIN("web_1", OURS), NULL));
        suspend("web_1");
        int64_t begin = g_get_monotonic_time();
        g_assert_true(virt_stop(virt, "web_1", 60000, &error));
        g_assert_no_error(error);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 30 * G_USEC_PER_SEC);
        g_autoptr(GPtrArray) list = virt_list(virt, NULL);
        g_assert_null(find(list, "web_1"));
}

static void what_does_not_run_is_not_resumed(void)
{
        g_autoptr(Virt) virt = open_test();
        g_autoptr(GError) error = NULL;
        g_assert_false(virt_resume(virt, "nothing", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_NOT_FOUND));
        g_assert_cmpstr(error->message, ==, "'nothing' does not run on 'test:///default'");
}

static void what_does_not_run_has_no_console(void)
{
        g_autoptr(Virt) virt = open_test();
        g_autoptr(GError) error = NULL;
        int id = 0;
        g_assert_null(virt_console(virt, "nothing", &id, &error));
        g_assert_cmpint(id, ==, -1);
        g_assert_true(error_is(error, LAUTTA_ERROR_NOT_FOUND));
        g_clear_error(&error);
        g_assert_true(virt_start(virt, DOMAIN("web_1", OURS), NULL));
        g_assert_null(virt_console(virt, "web_1", &id, &error));
        g_assert_cmpint(id, >, 0);
        g_assert_true(error_is(error, LAUTTA_ERROR_NOT_FOUND));
}

static void kvm_is_believed_only_of_a_processor_that_virtualizes(void)
{
        g_assert_true(virt_kvm_fits("processor\t: 0\nflags\t\t: fpu vme vmx sse\n"));
        g_assert_true(virt_kvm_fits("flags\t\t: fpu svm"));
        g_assert_false(virt_kvm_fits("flags\t\t: fpu svm_lock vmxoff hypervisor\nbugs\t: vmx\n"));
        g_assert_true(virt_kvm_fits("Features\t: fp asimd\n"));
        g_autoptr(Virt) virt = open_test();
        g_assert_false(virt_has_kvm(virt));
}

static void bad_xml_is_refused_in_libvirts_words(void)
{
        g_autoptr(Virt) virt = open_test();
        g_autoptr(GError) error = NULL;
        g_assert_false(virt_start(virt, "<domain type='test'><name>x</name></domain>", &error));
        g_assert_true(g_str_has_prefix(error->message, "cannot start 'x': libvirt says: "));
}

static void an_absent_libvirt_may_come_back(void)
{
        g_autoptr(GError) error = NULL;
        g_assert_null(virt_open("lxc:///system?socket=/nonexistent/socket", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_TRY_AGAIN));
        g_assert_nonnull(strstr(error->message, "is libvirtd running"));
}

static void a_bad_uri_is_a_mistake(void)
{
        g_autoptr(GError) error = NULL;
        g_assert_null(virt_open("nonsense", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_USAGE));
}

static void a_network_comes_and_goes(void)
{
        g_autoptr(Virt) virt = open_test();
        g_autoptr(GError) error = NULL;
        g_assert_true(virt_network_set(virt, "lautta0", NETWORK("lautta0", ""), &error));
        g_assert_no_error(error);
        g_assert_true(virt_network_set(virt, "lautta0", NETWORK("lautta0", ""), &error));
        g_assert_no_error(error);
        g_assert_true(virt_network_set(virt, "lautta0", NULL, &error));
        g_assert_no_error(error);
        g_assert_true(virt_network_set(virt, "lautta0", NULL, &error));
        g_assert_no_error(error);
}

static void entries_are_the_same_however_they_are_written(void)
{
        g_autoptr(NetworkEntries) ours = network_entries_read(
                NETWORK("a", "<host mac='52:54:00:00:00:01' name='web' ip='10.9.8.3'/>"), NULL);
        g_autoptr(NetworkEntries) libvirts = network_entries_read(
                NETWORK("a", "\n <host ip='10.9.8.3' mac='52:54:00:00:00:01'   name='web'></host>"), NULL);
        g_assert_cmpuint(g_hash_table_size(ours->dhcp), ==, 1);
        g_assert_cmpstr(ours->shape, ==, libvirts->shape);
        GHashTableIter iter;
        void *entry = NULL;
        g_hash_table_iter_init(&iter, ours->dhcp);
        while (g_hash_table_iter_next(&iter, &entry, NULL))
                g_assert_true(g_hash_table_contains(libvirts->dhcp, entry));
        g_autoptr(NetworkEntries) other = network_entries_read(NETWORK("b", ""), NULL);
        g_assert_cmpstr(other->shape, !=, ours->shape);
        g_assert_null(network_entries_read("<network", NULL));
}

static void what_is_asked_for_the_longest_time_is_known(void)
{
        g_autoptr(Virt) virt = open_test();
        gint64 age_us = -1;
        g_assert_null(virt_waits_for(0, &age_us));
        g_autoptr(VirtCall) call = virt_call_begin(virt, "start '%s'", "web_1");
        g_autoptr(VirtCall) later = virt_call_begin(virt, "list what runs");
        g_autofree char *what = virt_waits_for(0, &age_us);
        g_assert_cmpstr(what, ==, "start 'web_1' (TEST)");
        g_assert_cmpint(age_us, >=, 0);
        g_assert_null(virt_waits_for(1000, &age_us));
        g_clear_pointer(&call, virt_call_end);
        g_autofree char *left = virt_waits_for(0, &age_us);
        g_assert_cmpstr(left, ==, "list what runs (TEST)");
        g_clear_pointer(&later, virt_call_end);
        g_assert_null(virt_waits_for(0, &age_us));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/virt/a_domain_of_ours_is_known_by_its_metadata",
                        a_domain_of_ours_is_known_by_its_metadata);
        g_test_add_func("/virt/a_domain_of_others_is_told_apart", a_domain_of_others_is_told_apart);
        g_test_add_func("/virt/a_taken_name_is_a_conflict", a_taken_name_is_a_conflict);
        g_test_add_func("/virt/a_stopped_domain_is_gone", a_stopped_domain_is_gone);
        g_test_add_func("/virt/stopping_what_is_not_there_is_fine", stopping_what_is_not_there_is_fine);
        g_test_add_func("/virt/what_is_paused_does_not_run_until_it_is_resumed",
                        what_is_paused_does_not_run_until_it_is_resumed);
        g_test_add_func("/virt/what_is_paused_is_not_asked_to_end", what_is_paused_is_not_asked_to_end);
        g_test_add_func("/virt/what_does_not_run_is_not_resumed", what_does_not_run_is_not_resumed);
        g_test_add_func("/virt/what_does_not_run_has_no_console", what_does_not_run_has_no_console);
        g_test_add_func("/virt/kvm_is_believed_only_of_a_processor_that_virtualizes",
                        kvm_is_believed_only_of_a_processor_that_virtualizes);
        g_test_add_func("/virt/bad_xml_is_refused_in_libvirts_words", bad_xml_is_refused_in_libvirts_words);
        g_test_add_func("/virt/an_absent_libvirt_may_come_back", an_absent_libvirt_may_come_back);
        g_test_add_func("/virt/a_bad_uri_is_a_mistake", a_bad_uri_is_a_mistake);
        g_test_add_func("/virt/a_network_comes_and_goes", a_network_comes_and_goes);
        g_test_add_func("/virt/entries_are_the_same_however_they_are_written",
                        entries_are_the_same_however_they_are_written);
        g_test_add_func("/virt/what_is_asked_for_the_longest_time_is_known",
                        what_is_asked_for_the_longest_time_is_known);
        return g_test_run();
}
