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

static void a_depot_that_is_a_path_is_named_as_apt_takes_it(void)
{
        const char *const depots[] = {"https://depot.example.org/a", "/media/a stick/lautta",
                                      "file:///srv/depot", NULL};
        const AptConf conf = {.depots = depots, .suite = "stable"};
        g_autofree char *text = apt_config_source(&conf);
        g_assert_nonnull(strstr(
                text,
                "\nURIs: https://depot.example.org/a file:///media/a%20stick/lautta file:///srv/depot\n"));
        const char *const none[] = {NULL};
        const AptConf without = {.depots = none, .suite = "stable"};
        g_assert_null(apt_config_source(&without));
}

static void a_ca_file_is_for_the_hosts_of_depots_alone(void)
{
        const char *const depots[] = {"https://depot.example.org:8443/a",
                                      "/media/a stick/lautta",
                                      "http://plain.example.org/",
                                      "https://[::1]/a",
                                      "https://x%22;y/a",
                                      NULL};
        AptConf conf = {.depots = depots, .suite = "stable"};
        g_assert_null(apt_config_tls(&conf, "etc/ca.pem"));
        conf.ca_file = "/etc/lautta/ca.pem";
        g_autofree char *text = apt_config_tls(&conf, "etc/ca.pem");
        g_assert_cmpstr(text, ==,
                        "// Written by lautta-agent, by its ca-file.\n"
                        "Acquire::https::depot.example.org::CAInfo \"/etc/ca.pem\";\n");
        conf.depots = depots + 1;
        g_assert_null(apt_config_tls(&conf, "etc/ca.pem"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("apt-said", 12, run_case);
        g_test_add_func("/apt-said/a_depot_that_is_a_path_is_named_as_apt_takes_it",
                        a_depot_that_is_a_path_is_named_as_apt_takes_it);
        g_test_add_func("/apt-said/a_ca_file_is_for_the_hosts_of_depots_alone",
                        a_ca_file_is_for_the_hosts_of_depots_alone);
        g_test_add_func("/apt-said/only_what_was_decided_may_go", only_what_was_decided_may_go);
        g_test_add_func("/apt-said/only_what_was_decided_may_come", only_what_was_decided_may_come);
        return g_test_run();
}
