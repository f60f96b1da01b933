/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Defaults, every key, and each case of tests/cases/conf-errors.case: a configuration, and what is said of
 * it. */
#include "conf.h"

#include <netinet/in.h>

#include "cases.h"
#include "description.h"
#include "errors.h"
#include "files.h"

static AgentConf *parse(const char *text)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        AgentConf *conf = agent_conf_parse(bytes, "agent.conf", &error);
        g_assert_no_error(error);
        return conf;
}

static void nothing_said_is_all_defaults(void)
{
        g_autoptr(AgentConf) conf = parse("[host]\nname = library-1\n");
        g_assert_cmpstr(conf->state_directory, ==, "/var/lib/lautta");
        g_assert_cmpstr(conf->trust_directory, ==, "/etc/lautta/trust");
        g_assert_cmpuint(conf->memory_reserve_bytes, ==, 512 << 20);
        g_assert_cmpuint(conf->interval_s, ==, 300);
        g_assert_cmpuint(conf->jitter_percent, ==, 10);
        g_assert_true(conf->manage_packages && !conf->strict_packages && conf->network.guards_inbound);
        g_assert_null(*conf->lists);
        g_assert_null(*conf->depots);
        g_assert_cmpstr(conf->container_uri, ==, "lxc:///system");
        g_assert_cmpuint(conf->network.address, ==, 0xc0a89301);
        g_assert_cmpuint(conf->network.prefix, ==, 24);
        g_assert_cmpuint(conf->network.inbound->len, ==, 0);
        g_assert_null(conf->ssh_key);
        g_assert_null(conf->network.lan);
        g_assert_cmpint(conf->acceleration, ==, ACCELERATION_AUTO);
        g_assert_true(g_str_has_prefix(conf->kernel, "/boot/vmlinuz-"));
        g_assert_true(g_str_has_prefix(conf->modules, "/lib/modules/"));
}

static void every_key_is_taken(void)
{
        g_autoptr(AgentConf) conf = parse(
                "# head\n; and this\n[host]\nname=a.b-1\nstate = /s\nrun =/r\ntrust = /t t\nmemory-reserve = 1G # x\n"
                "[pull]\ndepots = https://d.example.org/x  file:///m/*/lautta /srv/*\n"
                "lists = ssh://lautta@d.example.org:2222/x/ http://[::1]:80 /l#1\nsuite = bookworm\ninterval = 1m\n"
                "jitter = 0%\nca-file = /ca\nssh-key = /k\nssh-known-hosts = /h\n\n"
                "[packages]\nmanage = false\nstrict = yes\nmax-removals = 3\nlock-timeout = 0s\nroot = /x\n"
                "[services]\ncontainers = none\nmachines = qemu:///system?socket=/s\nkernel = /k\nmodules = /m\nacceleration = tcg\ncheck-interval = 1s\nstop-grace = 2m\n"
                "[network]\nbridge = br0\nlan = br1\naddress = 10.1.2.3/16\ndomain = x.y\ninbound = 22/tcp 53/udp\nguard-inbound = no\r\n");
        g_assert_cmpstr(conf->host, ==, "a.b-1");
        g_assert_cmpstr(conf->trust_directory, ==, "/t t");
        g_assert_cmpuint(conf->memory_reserve_bytes, ==, 1 << 30);
        g_assert_cmpuint(g_strv_length(conf->depots), ==, 3);
        g_assert_cmpuint(g_strv_length(conf->lists), ==, 3);
        g_assert_cmpstr(conf->lists[2], ==, "/l#1");
        g_assert_cmpuint(conf->interval_s, ==, 60);
        g_assert_cmpuint(conf->jitter_percent, ==, 0);
        g_assert_true(!conf->manage_packages && conf->strict_packages && !conf->network.guards_inbound);
        g_assert_cmpstr(conf->container_uri, ==, "");
        g_assert_cmpstr(conf->machine_uri, ==, "qemu:///system?socket=/s");
        g_assert_cmpuint(conf->stop_grace_s, ==, 120);
        g_assert_cmpstr(conf->kernel, ==, "/k");
        g_assert_cmpstr(conf->modules, ==, "/m");
        g_assert_cmpint(conf->acceleration, ==, ACCELERATION_TCG);
        g_assert_cmpstr(conf->network.lan, ==, "br1");
        g_assert_cmpuint(conf->network.address, ==, 0x0a010203);
        g_assert_cmpuint(g_array_index(conf->network.inbound, uint32_t, 0), ==, (PROTOCOL_TCP << 16) | 22);
        g_assert_cmpuint(g_array_index(conf->network.inbound, uint32_t, 1), ==, (PROTOCOL_UDP << 16) | 53);
}

static void the_depots_are_the_sources_of_lists_unless_others_are_named(void)
{
        g_autoptr(AgentConf) conf = parse("[host]\nname = a\n[pull]\ndepots = /a /b\n");
        g_assert_true(g_strv_equal((const char *const *)conf->lists, (const char *const *)conf->depots));
}

static void a_file_that_is_named_must_be_there(void)
{
        g_autoptr(GError) error = NULL;
        g_assert_null(agent_conf_load("/nowhere/agent.conf", &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_NOT_FOUND);
}

static void the_file_that_the_package_installs_opens_ssh_and_nothing_else(void)
{
        g_autofree char *path = g_build_filename(g_getenv("CASES"), "..", "..", "agent", "agent.conf", NULL);
        g_autofree char *text = NULL;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_autoptr(GString) named = g_string_new(text);
        g_string_replace(named, "#name = ", "name = ", 0);
        g_autoptr(AgentConf) conf = parse(named->str);
        g_assert_cmpuint(conf->network.inbound->len, ==, 1);
        g_assert_cmpuint(g_array_index(conf->network.inbound, uint32_t, 0), ==, 22);
        /* What stands behind '#' is a key of ours, too. */
        g_autoptr(GRegex) comment = g_regex_new("^#([a-z-]+ = )", G_REGEX_MULTILINE, 0, NULL);
        g_autofree char *all = g_regex_replace(comment, text, -1, 0, "\\1", 0, NULL);
        g_autoptr(AgentConf) every = parse(all);
        g_assert_cmpstr(every->depots[1], ==, "/media/*/lautta");
        g_assert_cmpuint(every->interval_s, ==, conf->interval_s);
        g_assert_cmpstr(every->network.domain, ==, conf->network.domain);
}

static void where_a_bad_file_says_that_the_agent_runs_can_be_found_all_the_same(void)
{
        static const struct {
                const char *text, *run;
        } files[] = {
                {"no key\n[host]\nname = ..\nname = b\nrun = /r # there\nrun = /s\n[pull\nsuite = A\n", "/r"},
                {"[pull]\nrun = /r\n[host]\nrun = r\n", "/run/lautta"},
                {"\xff\n[host]\nnames = \x01\n", "/run/lautta"},
        };
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "agent.conf", NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                g_assert_true(g_file_set_contents(path, files[i].text, -1, NULL));
                g_assert_null(agent_conf_load(path, NULL));
                g_autofree char *run = agent_conf_find_run(path);
                g_assert_cmpstr(run, ==, files[i].run);
        }
        g_assert_true(g_file_set_contents(path, "[host]\nrun = /r\n", -1, NULL));
        g_autofree char *run = agent_conf_find_run(path);
        g_autofree char *none = agent_conf_find_run("/nowhere/agent.conf");
        g_assert_cmpstr(run, ==, "/r");
        g_assert_cmpstr(none, ==, "/run/lautta");
}

static void what_a_running_agent_cannot_change_stays_and_is_named(void)
{
        g_autoptr(AgentConf) before =
                parse("[host]\nname = a\n[network]\naddress = 10.1.2.3/16\ninbound = 22/tcp\n");
        g_autoptr(AgentConf) same =
                parse("[network]\ninbound = 22/tcp\naddress = 10.1.2.3/16\n[host]\nname = a\n");
        g_autoptr(AgentConf) other =
                parse("[host]\nname = a\nstate = /s\n[pull]\ndepots = /d\ninterval = 60s\n"
                      "[services]\nmachines = none\n"
                      "[network]\naddress = 10.1.2.3/17\nlan = br0\ninbound = 23/tcp\n");
        g_assert_true(agent_conf_is_same(before, same));
        g_assert_null(agent_conf_keep_fixed(same, before));
        g_assert_false(agent_conf_is_same(before, other));
        g_autofree char *kept = agent_conf_keep_fixed(other, before);
        g_assert_cmpstr(
                kept, ==,
                "'state' in [host], 'machines' in [services], 'lan' in [network], 'address' in [network]");
        g_assert_cmpstr(other->state_directory, ==, "/var/lib/lautta");
        g_assert_cmpstr(other->machine_uri, ==, "qemu:///system");
        g_assert_null(other->network.lan);
        g_assert_cmpuint(other->network.prefix, ==, 16);
        g_assert_cmpuint(other->interval_s, ==, 60);
        g_assert_cmpuint(g_array_index(other->network.inbound, uint32_t, 0) & 0xffff, ==, 23);
        g_assert_false(agent_conf_is_same(before, other));
}

static void each_kind_of_value_is_compared(void)
{
        static const char *const others[] = {
                "[host]\nname = b\n",
                "[pull]\ndepots = /d\n",
                "[packages]\nstrict = yes\n",
                "[host]\nmemory-reserve = 1M\n",
                "[pull]\njitter = 3%\n",
                "[services]\nacceleration = tcg\n",
                "[network]\ninbound = 22/tcp\n",
                "[packages]\nmax-removals = 9\n",
        };
        for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
                g_autofree char *text = g_strconcat(others[i], i ? "[host]\nname = a\n" : "", NULL);
                g_autoptr(AgentConf) before = parse("[host]\nname = a\n");
                g_autoptr(AgentConf) other = parse(text);
                g_assert_false(agent_conf_is_same(before, other));
        }
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) text = g_bytes_new(one->input, strlen(one->input));
        g_assert_null(agent_conf_parse(text, "agent.conf", &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_USAGE);
        g_assert_cmpstr(error->message, ==, one->expected);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/conf/nothing_said_is_all_defaults", nothing_said_is_all_defaults);
        g_test_add_func("/conf/every_key_is_taken", every_key_is_taken);
        g_test_add_func("/conf/the_depots_are_the_sources_of_lists_unless_others_are_named",
                        the_depots_are_the_sources_of_lists_unless_others_are_named);
        g_test_add_func("/conf/a_file_that_is_named_must_be_there", a_file_that_is_named_must_be_there);
        g_test_add_func("/conf/the_file_that_the_package_installs_opens_ssh_and_nothing_else",
                        the_file_that_the_package_installs_opens_ssh_and_nothing_else);
        g_test_add_func("/conf/what_a_running_agent_cannot_change_stays_and_is_named",
                        what_a_running_agent_cannot_change_stays_and_is_named);
        g_test_add_func("/conf/where_a_bad_file_says_that_the_agent_runs_can_be_found_all_the_same",
                        where_a_bad_file_says_that_the_agent_runs_can_be_found_all_the_same);
        g_test_add_func("/conf/each_kind_of_value_is_compared", each_kind_of_value_is_compared);
        cases_add("conf", 25, run_case);
        return g_test_run();
}
