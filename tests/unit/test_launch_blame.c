/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch_blame.h"

#include "errors.h"

static bool blames(LaunchPhase phase, LauttaErrorCode code)
{
        g_autoptr(GError) error = NULL;
        fail(&error, code, "trouble");
        return launch_blames_version(phase, error);
}

static void a_full_disk_or_a_libvirt_that_is_away_blames_no_version(void)
{
        for (LaunchPhase phase = LAUNCH_PHASE_HOST; phase <= LAUNCH_PHASE_HEALTH; phase++) {
                g_assert_false(blames(phase, LAUTTA_ERROR_NO_SPACE));
                g_assert_false(blames(phase, LAUTTA_ERROR_TRY_AGAIN));
        }
}

static void the_host_s_own_part_of_a_launch_blames_no_version(void)
{
        for (LauttaErrorCode code = LAUTTA_ERROR_USAGE; code <= LAUTTA_ERROR_SYSTEM; code++)
                g_assert_false(blames(LAUNCH_PHASE_HOST, code));
        g_assert_false(blames(LAUNCH_PHASE_NETWORK, LAUTTA_ERROR_SYSTEM));
}

static void a_version_that_does_not_start_or_is_not_healthy_is_at_fault(void)
{
        g_assert_true(blames(LAUNCH_PHASE_NETWORK, LAUTTA_ERROR_CONFLICT));
        g_assert_true(blames(LAUNCH_PHASE_START, LAUTTA_ERROR_USAGE));
        g_assert_true(blames(LAUNCH_PHASE_START, LAUTTA_ERROR_SYSTEM));
        g_assert_true(blames(LAUNCH_PHASE_HEALTH, LAUTTA_ERROR_SYSTEM));
}

static void a_foreign_error_blames_no_version(void)
{
        g_autoptr(GError) error = g_error_new(G_FILE_ERROR, G_FILE_ERROR_IO, "trouble");
        g_assert_false(launch_blames_version(LAUNCH_PHASE_START, error));
}

static void a_program_that_names_a_full_disk_has_no_space(void)
{
        g_assert_cmpint(error_code_from_text("qemu-img: x: No space left on device\n"), ==,
                        LAUTTA_ERROR_NO_SPACE);
        g_assert_cmpint(error_code_from_text("mkfs: Disk quota exceeded"), ==, LAUTTA_ERROR_NO_SPACE);
        g_assert_cmpint(error_code_from_text("No such device"), ==, LAUTTA_ERROR_SYSTEM);
        g_assert_cmpint(error_code_from_text(NULL), ==, LAUTTA_ERROR_SYSTEM);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/launch_blame/a_full_disk_or_a_libvirt_that_is_away_blames_no_version",
                        a_full_disk_or_a_libvirt_that_is_away_blames_no_version);
        g_test_add_func("/launch_blame/the_host_s_own_part_of_a_launch_blames_no_version",
                        the_host_s_own_part_of_a_launch_blames_no_version);
        g_test_add_func("/launch_blame/a_version_that_does_not_start_or_is_not_healthy_is_at_fault",
                        a_version_that_does_not_start_or_is_not_healthy_is_at_fault);
        g_test_add_func("/launch_blame/a_foreign_error_blames_no_version", a_foreign_error_blames_no_version);
        g_test_add_func("/launch_blame/a_program_that_names_a_full_disk_has_no_space",
                        a_program_that_names_a_full_disk_has_no_space);
        return g_test_run();
}
