/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "debversion.h"

#include "process.h"

static bool dpkg_says(const char *a, const char *relation, const char *b)
{
        const char *argv[] = {"dpkg", "--compare-versions", a, relation, b, NULL};
        g_autoptr(GError) error = NULL;
        int status = -1;
        g_assert_true(process_run(&(Process){.argv = argv}, NULL, &status, &error));
        return status == 0;
}

static void versions_are_ordered_as_dpkg_orders_them(void)
{
        static const char *const versions[] = {"1.0",  "1.0~rc1", "1.0~rc1-1", "1:0.1", "1.0-1", "1.0-1+b1",
                                               "1.00", "1.10",    "1.9",       "1.0a",  "1.0+",  "0",
                                               "0~",   "1.0-1~",  "2.0.0",     "1.0.0", "1-2-3", "1-2"};
        for (size_t i = 0; i < G_N_ELEMENTS(versions); i++)
                for (size_t j = 0; j < G_N_ELEMENTS(versions); j++) {
                        const char *a = versions[i], *b = versions[j];
                        int order = debian_version_compare(a, b);
                        const char *relation = order < 0 ? "lt" : order > 0 ? "gt" : "eq";
                        g_test_message("%s %s %s", a, relation, b);
                        g_assert_true(dpkg_says(a, relation, b));
                }
}

static void names_and_versions_are_checked(void)
{
        g_assert_true(debian_name_is_valid("web"));
        g_assert_true(debian_name_is_valid("x2-y.z+"));
        static const char *const bad_names[] = {"",       "w",    "-web",  "Web", "we b",
                                                "../web", "we/b", "web\n", "wéb"};
        for (size_t i = 0; i < G_N_ELEMENTS(bad_names); i++)
                g_assert_false(debian_name_is_valid(bad_names[i]));
        static const char *const bad_versions[] = {"",    "a1", "1/2", "1 2", "1\n", ":1",
                                                   "x:1", "1:", "1-",  "1_2", "-1"};
        for (size_t i = 0; i < G_N_ELEMENTS(bad_versions); i++)
                g_assert_false(debian_version_is_valid(bad_versions[i]));
        g_assert_true(debian_version_is_valid("1:2.0~rc1+x-3"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/debversion/versions_are_ordered_as_dpkg_orders_them",
                        versions_are_ordered_as_dpkg_orders_them);
        g_test_add_func("/debversion/names_and_versions_are_checked", names_and_versions_are_checked);
        return g_test_run();
}
