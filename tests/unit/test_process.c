/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gio.h>
#include <signal.h>
#include <string.h>

#include "errors.h"
#include "process.h"

#define SHELL(script) ((const char *const[]){"sh", "-c", script, NULL})

/* Far beyond any limit below, and short enough for a test that hangs. */
enum { HANG_SECONDS = 60 };

static void a_program_that_ends_in_time_gives_its_output(void)
{
        g_autoptr(GBytes) output = NULL;
        g_autoptr(GError) error = NULL;
        Process cat = {.argv = SHELL("cat"),
                       .input = g_bytes_new_static("moi", 3),
                       .max_output_bytes = 100,
                       .max_seconds = HANG_SECONDS,
                       .max_cpu_seconds = HANG_SECONDS,
                       .foreign_input = true};
        g_assert_true(process_run(&cat, &output, NULL, &error));
        g_assert_no_error(error);
        g_assert_true(g_bytes_equal(output, cat.input));
        g_bytes_unref(cat.input);
}

static void a_program_that_hangs_is_killed_at_its_deadline(void)
{
        g_autoptr(GError) error = NULL;
        gint64 before = g_get_monotonic_time();
        Process hang = {.argv = SHELL("exec sleep 60"), .max_seconds = 1};
        g_assert_false(process_run(&hang, NULL, NULL, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_TRY_AGAIN);
        g_assert_nonnull(strstr(error->message, "'sh' did not end within 1 s"));
        g_assert_cmpint(g_get_monotonic_time() - before, <, HANG_SECONDS / 2 * G_USEC_PER_SEC);
}

static void pipes_held_by_a_grandchild_do_not_outlast_the_deadline(void)
{
        g_autoptr(GError) error = NULL;
        gint64 before = g_get_monotonic_time();
        Process hang = {.argv = SHELL("sleep 20 & wait"), .max_output_bytes = 100, .max_seconds = 1};
        g_assert_false(process_run(&hang, NULL, NULL, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_TRY_AGAIN);
        g_assert_cmpint(g_get_monotonic_time() - before, <, 15 * G_USEC_PER_SEC);
}

static void input_that_nobody_reads_does_not_outlast_the_deadline(void)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *data = g_malloc0(1 << 20);
        g_autoptr(GBytes) input = g_bytes_new(data, 1 << 20);
        Process hang = {.argv = SHELL("exec sleep 60"), .input = input, .max_seconds = 1};
        g_assert_false(process_run(&hang, NULL, NULL, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_TRY_AGAIN);
}

static void a_program_that_spins_ends_at_its_processor_time(void)
{
        g_autoptr(GError) error = NULL;
        Process spin = {
                .argv = SHELL("while :; do :; done"), .max_seconds = HANG_SECONDS, .max_cpu_seconds = 1};
        g_assert_false(process_run(&spin, NULL, NULL, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT);
        g_assert_nonnull(strstr(error->message, "'sh' used more than the 1 s of processor time allowed"));
}

static void a_death_by_a_signal_is_corrupt_input_only_where_the_input_is_foreign(void)
{
        g_autoptr(GError) own = NULL, foreign = NULL;
        int status = 0;
        Process dies = {.argv = SHELL("kill -SEGV $$")};
        g_assert_false(process_run(&dies, NULL, &status, &own));
        g_assert_error(own, LAUTTA_ERROR, LAUTTA_ERROR_SYSTEM);
        dies.foreign_input = true;
        g_assert_false(process_run(&dies, NULL, &status, &foreign));
        g_assert_error(foreign, LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT);
}

static void a_failure_carries_what_the_program_said(void)
{
        g_autoptr(GError) error = NULL;
        Process fails = {.argv = SHELL("echo no such luck >&2; exit 3")};
        g_assert_false(process_run(&fails, NULL, NULL, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_SYSTEM);
        g_assert_cmpstr(error->message, ==, "'sh' failed with status 3: no such luck");
}

static void a_missing_program_is_not_found(void)
{
        g_autoptr(GError) error = NULL;
        Process missing = {.argv = (const char *const[]){"lautta-has-no-such-program", NULL}};
        g_assert_false(process_run(&missing, NULL, NULL, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_NOT_FOUND);
}

#define TEST(function) g_test_add_func("/process/" #function, function)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        signal(SIGPIPE, SIG_IGN); /* as our programs do */
        TEST(a_program_that_ends_in_time_gives_its_output);
        TEST(a_program_that_hangs_is_killed_at_its_deadline);
        TEST(pipes_held_by_a_grandchild_do_not_outlast_the_deadline);
        TEST(input_that_nobody_reads_does_not_outlast_the_deadline);
        TEST(a_program_that_spins_ends_at_its_processor_time);
        TEST(a_death_by_a_signal_is_corrupt_input_only_where_the_input_is_foreign);
        TEST(a_failure_carries_what_the_program_said);
        TEST(a_missing_program_is_not_found);
        return g_test_run();
}
