/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sources.h"

#include <string.h>

#include "errors.h"

static void add(GPtrArray *machine, const char *uri, const char *release, const char *origin,
                const char *component, const char *signed_by)
{
        AptSource *source = g_new0(AptSource, 1);
        source->uri = g_strdup(uri);
        source->release = g_strdup(release);
        source->codename = g_strdup(release);
        source->origin = g_strdup(origin);
        source->component = g_strdup(component);
        source->signed_by = g_strdup(signed_by);
        g_ptr_array_add(machine, source);
}

/* A Debian 12 machine with a foreign source, too. */
static GPtrArray *debian_machine(void)
{
        GPtrArray *machine = g_ptr_array_new_with_free_func((GDestroyNotify)apt_source_free);
        add(machine, "http://mirror.example/debian/", "bookworm", "Debian", "main", "/k.gpg");
        add(machine, "http://mirror.example/debian/", "bookworm", "Debian", "contrib", "/k.gpg");
        add(machine, "http://mirror.example/debian/", "bookworm-updates", "Debian", "main", "/k.gpg");
        add(machine, "http://security.example/", "bookworm-security", "Debian", "main", NULL);
        add(machine, "http://other.example/", "bookworm", "Other", "stable", "/other.gpg");
        return machine;
}

static void the_suite_comes_with_its_updates_and_keys(void)
{
        g_autoptr(GPtrArray) machine = debian_machine();
        g_autofree char *sources = sources_for_suite(machine, "bookworm", NULL);
        g_assert_cmpstr(
                sources, ==,
                "Types: deb\nURIs: http://mirror.example/debian/\nSuites: bookworm\nComponents: main contrib\n"
                "Signed-By: /k.gpg\n\n"
                "Types: deb\nURIs: http://mirror.example/debian/\nSuites: bookworm-updates\nComponents: main\n"
                "Signed-By: /k.gpg\n\n"
                "Types: deb\nURIs: http://security.example/\nSuites: bookworm-security\nComponents: main\n");
}

static void another_suite_is_swapped_into_the_debian_sites(void)
{
        g_autoptr(GPtrArray) machine = debian_machine();
        g_autofree char *trixie = sources_for_suite(machine, "trixie", NULL);
        g_assert_nonnull(strstr(trixie, "Suites: trixie\nComponents: main contrib\nSigned-By: /k.gpg\n"));
        g_assert_nonnull(strstr(trixie, "Suites: trixie-updates\n"));
        g_assert_nonnull(strstr(trixie, "URIs: http://security.example/\nSuites: trixie-security\n"));
        g_assert_null(strstr(trixie, "other.example"));
        g_autofree char *sid = sources_for_suite(machine, "sid", NULL);
        g_assert_nonnull(strstr(sid, "Suites: sid\n"));
        g_assert_null(strstr(sid, "sid-"));
}

static void a_suite_is_known_by_its_code_name_too(void)
{
        g_autoptr(GPtrArray) machine = g_ptr_array_new_with_free_func((GDestroyNotify)apt_source_free);
        add(machine, "http://mirror.example/debian/", "stable", "Debian", "main", NULL);
        AptSource *source = machine->pdata[0];
        g_free(source->codename);
        source->codename = g_strdup("bookworm");
        g_autofree char *sources = sources_for_suite(machine, "bookworm", NULL);
        g_assert_cmpstr(
                sources, ==,
                "Types: deb\nURIs: http://mirror.example/debian/\nSuites: stable\nComponents: main\n");
}

static void a_machine_without_debian_sources_is_told_what_to_do(void)
{
        g_autoptr(GPtrArray) machine = g_ptr_array_new_with_free_func((GDestroyNotify)apt_source_free);
        add(machine, "http://other.example/", "bookworm", "Other", "main", NULL);
        g_autoptr(GError) error = NULL;
        g_assert_null(sources_for_suite(machine, "bookworm", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_NOT_FOUND));
        g_assert_nonnull(strstr(error->message, "--mirror"));
}

static void a_mirror_has_the_machines_key(void)
{
        g_autoptr(GPtrArray) machine = debian_machine();
        g_autofree char *sources = sources_for_mirror(machine, "file:///srv/debian", "trixie");
        g_assert_cmpstr(
                sources, ==,
                "Types: deb\nURIs: file:///srv/debian\nSuites: trixie\nComponents: main\nSigned-By: /k.gpg\n");
}

static void a_relative_key_lies_beside_the_description(void)
{
        static const struct {
                const char *line, *expected;
        } cases[] = {
                {"deb [signed-by=keys/x.gpg] http://x.example/ s main",
                 "deb [signed-by=/dir/keys/x.gpg] http://x.example/ s main"},
                {"deb [arch=amd64 signed-by=x.gpg] http://x.example/ s main",
                 "deb [arch=amd64 signed-by=/dir/x.gpg] http://x.example/ s main"},
                {"deb [signed-by=/x.gpg] http://x.example/ s main",
                 "deb [signed-by=/x.gpg] http://x.example/ s main"},
                {"deb [signed-by=0123456789ABCDEF] http://x.example/ s main",
                 "deb [signed-by=0123456789ABCDEF] http://x.example/ s main"},
                {"deb http://x.example/signed-by=x.gpg s main",
                 "deb http://x.example/signed-by=x.gpg s main"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *line = sources_line(cases[i].line, "/dir");
                g_assert_cmpstr(line, ==, cases[i].expected);
        }
}

static void keys_are_found_in_both_forms_of_sources(void)
{
        static const char deb822[] =
                "# signed-by=/no\nTypes: deb\nURIs: http://a/\n# more\nSigned-By: /a.gpg\n\n\n"
                "Types: deb\nSigned-By:\n -----BEGIN\n .\n key\nSuites: s\n\nTypes: deb\n";
        static const char lines[] =
                "deb http://a/ s main\ndeb [signed-by=/b.gpg arch=amd64] http://b/ s main\n";
        g_autofree char *first = sources_signed_by(deb822, true, 1);
        g_autofree char *second = sources_signed_by(deb822, true, 2);
        g_autofree char *line = sources_signed_by(lines, false, 2);
        g_assert_cmpstr(first, ==, "/a.gpg");
        g_assert_cmpstr(second, ==, "\n -----BEGIN\n .\n key");
        g_assert_cmpstr(line, ==, "/b.gpg");
        g_assert_null(sources_signed_by(deb822, true, 3));
        g_assert_null(sources_signed_by(deb822, true, 4));
        g_assert_null(sources_signed_by(lines, false, 1));
        g_assert_null(sources_signed_by(lines, false, 9));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/sources/the_suite_comes_with_its_updates_and_keys",
                        the_suite_comes_with_its_updates_and_keys);
        g_test_add_func("/sources/another_suite_is_swapped_into_the_debian_sites",
                        another_suite_is_swapped_into_the_debian_sites);
        g_test_add_func("/sources/a_suite_is_known_by_its_code_name_too",
                        a_suite_is_known_by_its_code_name_too);
        g_test_add_func("/sources/a_machine_without_debian_sources_is_told_what_to_do",
                        a_machine_without_debian_sources_is_told_what_to_do);
        g_test_add_func("/sources/a_mirror_has_the_machines_key", a_mirror_has_the_machines_key);
        g_test_add_func("/sources/a_relative_key_lies_beside_the_description",
                        a_relative_key_lies_beside_the_description);
        g_test_add_func("/sources/keys_are_found_in_both_forms_of_sources",
                        keys_are_found_in_both_forms_of_sources);
        return g_test_run();
}
