/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What apt says, and what that means. Each case of tests/cases/apt-said.case is of a kind:
 *
 *     simulation    the changes, one a line, "NAME FROM -> TO"
 *     not-understood    an error
 *     TRY_AGAIN and other codes    what apt-get said before it failed; the message that comes of it */
#include <string.h>

#include "apt_config.h"
#include "apt_simulation.h"
#include "apt_words.h"
#include "cases.h"

static const char *const codes[] = {
        [LAUTTA_ERROR_USAGE] = "USAGE",         [LAUTTA_ERROR_NOT_FOUND] = "NOT_FOUND",
        [LAUTTA_ERROR_UNTRUSTED] = "UNTRUSTED", [LAUTTA_ERROR_CORRUPT] = "CORRUPT",
        [LAUTTA_ERROR_CONFLICT] = "CONFLICT",   [LAUTTA_ERROR_TRY_AGAIN] = "TRY_AGAIN",
        [LAUTTA_ERROR_NO_SPACE] = "NO_SPACE",   [LAUTTA_ERROR_SYSTEM] = "SYSTEM",
};

static GPtrArray *parse(const char *text, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
        return apt_simulation_parse(bytes, error);
}

static void check_simulation(const Case *one)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) changes = parse(one->input, &error);
        g_assert_no_error(error);
        g_autoptr(GString) out = g_string_new(NULL);
        for (guint i = 0; i < changes->len; i++) {
                const AptChange *change = g_ptr_array_index(changes, i);
                g_string_append_printf(out, "%s%s %s -> %s", i ? "\n" : "", change->name,
                                       change->from ? change->from : "-", change->to ? change->to : "-");
        }
        g_assert_cmpstr(out->str, ==, one->expected);
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_autoptr(GError) error = NULL;
        if (strcmp(one->kind, "simulation") == 0) {
                check_simulation(one);
        } else if (strcmp(one->kind, "not-understood") == 0) {
                g_autoptr(GPtrArray) changes = parse(one->input, &error);
                g_assert_null(changes);
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                g_assert_cmpstr(error->message, ==, one->expected);
        } else {
                g_assert_false(apt_words_fail(one->input, &error));
                g_assert_cmpstr(error->message, ==, one->expected);
                g_assert_cmpstr(codes[error->code], ==, one->kind);
        }
}

static const char both[] = "Remv old [1.0]\nRemv older [1.0]\nInst new (2.0 Debian [all])\n";

static void only_what_was_decided_may_go(void)
{
        g_autoptr(GPtrArray) changes = parse(both, NULL);
        g_autoptr(GPtrArray) allowed = g_ptr_array_new();
        g_ptr_array_add(allowed, (char *)"old");
        g_autoptr(GError) error = NULL;
        g_assert_false(apt_simulation_check_removals(changes, allowed, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
        g_assert_cmpstr(error->message, ==, "apt would have to remove older");
        g_assert_false(apt_simulation_check_removals(changes, NULL, NULL));
        g_ptr_array_add(allowed, (char *)"older");
        g_assert_true(apt_simulation_check_removals(changes, allowed, NULL));
}

static void only_what_was_decided_may_come(void)
{
        g_autoptr(GPtrArray) changes = parse(both, NULL);
        g_autoptr(GHashTable) allowed = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GError) error = NULL;
        g_assert_false(apt_simulation_check_arrivals(changes, allowed, &error));
        g_assert_cmpstr(error->message, ==, "apt would have to install new");
        g_hash_table_add(allowed, (char *)"new");
        g_assert_true(apt_simulation_check_arrivals(changes, allowed, NULL));
}

static void pins_leave_out_what_dpkg_knows_as_a_debian_package(void)
{
        static const char status_text[] =
                "Package: dpkg\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n"
                "Package: web\nStatus: install ok installed\nVersion: 1.0\nArchitecture: amd64\nLautta-Format: 1\n\n"
                "Package: cups\nStatus: install ok installed\nVersion: 3\nArchitecture: amd64\n";
        static const char list_text[] =
                "Format: lautta-list/1\nHost: h\n"
                "Host-Key: SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\nSerial: 1\n"
                "Date: 2026-01-01T00:00:00Z\nValid-Until: 2099-01-01T00:00:00Z\n"
                "Depot-Date-Min: 2026-01-01T00:00:00Z\nMust-Have: cups (= 99), web (= 1.1)\nServices-SHA256:\n"
                " 0000000000000000000000000000000000000000000000000000000000000000 cups 99\n"
                " 0000000000000000000000000000000000000000000000000000000000000001 web 1.1\n";
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) status_bytes = g_bytes_new_static(status_text, strlen(status_text));
        g_autoptr(GBytes) list_bytes = g_bytes_new_static(list_text, strlen(list_text));
        g_autoptr(DpkgStatus) status = dpkg_status_parse(status_bytes, "status", &error);
        g_autoptr(List) list = status ? list_parse(list_bytes, "list", &error) : NULL;
        g_assert_no_error(error);
        g_autofree char *pins = apt_config_pins(list, status);
        g_assert_nonnull(strstr(pins, "\nPackage: web\nPin: version 1.1\nPin-Priority: 50\n"
                                      "\nPackage: web\nPin: version *\nPin-Priority: -1\n"));
        g_assert_null(strstr(pins, "cups"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("apt-said", 12, run_case);
        g_test_add_func("/apt-said/pins_leave_out_what_dpkg_knows_as_a_debian_package",
                        pins_leave_out_what_dpkg_knows_as_a_debian_package);
        g_test_add_func("/apt-said/only_what_was_decided_may_go", only_what_was_decided_may_go);
        g_test_add_func("/apt-said/only_what_was_decided_may_come", only_what_was_decided_may_come);
        return g_test_run();
}
