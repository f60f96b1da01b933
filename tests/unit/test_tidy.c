/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tidy.h"

static void assert_rule(const char *path, Tidy rule)
{
        if (tidy_rule(path, false) != rule)
                g_error("'%s' is not treated as it should be", path);
}

static void traces_of_the_build_are_dropped(void)
{
        static const char *const gone[] = {"run/lautta-build/0000/setup.sh",
                                           "tmp/x",
                                           "var/tmp/y",
                                           "etc/resolv.conf",
                                           "etc/apt/sources.list",
                                           "etc/apt/sources.list.d/0000lautta.sources",
                                           "var/lib/apt/lists/lock",
                                           "var/lib/dpkg/status-old",
                                           "etc/shadow-",
                                           "var/cache/debconf/config.dat-old",
                                           "var/cache/ldconfig/aux-cache"};
        for (size_t i = 0; i < G_N_ELEMENTS(gone); i++)
                assert_rule(gone[i], TIDY_DROP);
}

static void what_is_each_machines_own_is_not_shipped(void)
{
        assert_rule("etc/machine-id", TIDY_EMPTY);
        assert_rule("var/lib/dbus/machine-id", TIDY_DROP);
        assert_rule("etc/ssh/ssh_host_ed25519_key", TIDY_DROP);
        assert_rule("etc/ssh/ssh_host_rsa_key.pub", TIDY_DROP);
        assert_rule("var/lib/systemd/random-seed", TIDY_DROP);
}

static void logs_stay_but_empty(void)
{
        assert_rule("var/log/dpkg.log", TIDY_EMPTY);
        assert_rule("var/log/apt/term.log", TIDY_EMPTY);
        g_assert_cmpint(tidy_rule("var/log/apt", true), ==, TIDY_KEEP);
}

static void kernels_and_initrds_are_uncompressed(void)
{
        assert_rule("boot/vmlinuz-6.1.0-10-cloud-amd64", TIDY_KERNEL);
        assert_rule("boot/initrd.img-6.1.0-10-cloud-amd64", TIDY_INITRD);
        assert_rule("boot/config-6.1.0-10-cloud-amd64", TIDY_KEEP);
        assert_rule("vmlinuz", TIDY_KEEP);
}

static void all_else_stays(void)
{
        static const char *const kept[] = {"",
                                           "tmp",
                                           "run",
                                           "etc/ssh/sshd_config",
                                           "etc/apt/sources.list.d/own.sources",
                                           "var/lib/dpkg/status",
                                           "srv/run/x",
                                           "etc/passwd",
                                           "var/cache/nginx/x",
                                           "home/tmp/file"};
        for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
                assert_rule(kept[i], TIDY_KEEP);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/tidy/traces_of_the_build_are_dropped", traces_of_the_build_are_dropped);
        g_test_add_func("/tidy/what_is_each_machines_own_is_not_shipped",
                        what_is_each_machines_own_is_not_shipped);
        g_test_add_func("/tidy/logs_stay_but_empty", logs_stay_but_empty);
        g_test_add_func("/tidy/kernels_and_initrds_are_uncompressed", kernels_and_initrds_are_uncompressed);
        g_test_add_func("/tidy/all_else_stays", all_else_stays);
        return g_test_run();
}
