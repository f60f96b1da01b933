/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"

/* A process that makes a temporary directory and is killed, or waits. Returns: its id; `path` gets the
 * directory. */
static pid_t start(bool wait, char path[256])
{
        int ends[2] = {-1, -1};
        g_assert_cmpint(pipe(ends), ==, 0);
        pid_t child = fork();
        if (child == 0) {
                char *made = directory_make_temporary(NULL);
                if (!made || write(ends[1], made, strlen(made) + 1) < 0)
                        _exit(1);
                if (wait)
                        pause();
                raise(SIGKILL);
        }
        close(ends[1]);
        g_assert_cmpint(read(ends[0], path, 255), >, 0);
        close(ends[0]);
        return child;
}

static void end(pid_t child)
{
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
}

static void what_a_killed_process_left_is_removed_by_the_next(void)
{
        char killed[256] = "", alive[256] = "", next[256] = "";
        end(start(false, killed));
        pid_t living = start(true, alive);
        g_assert_false(g_file_test(killed, G_FILE_TEST_EXISTS));
        pid_t third = start(true, next);
        g_assert_true(g_file_test(alive, G_FILE_TEST_IS_DIR));
        end(living);
        end(third);
        end(start(false, killed));
        g_assert_false(g_file_test(alive, G_FILE_TEST_EXISTS));
        g_assert_false(g_file_test(next, G_FILE_TEST_EXISTS));
}

static void a_directory_goes_at_the_end_of_its_scope_and_a_new_one_can_be_made(void)
{
        g_autofree char *was = NULL;
        {
                g_autotempdir directory = directory_make_temporary(NULL);
                was = g_strdup(directory);
                g_assert_true(g_file_test(directory, G_FILE_TEST_IS_DIR));
        }
        g_assert_false(g_file_test(was, G_FILE_TEST_EXISTS));
        /* Somebody emptied $TMPDIR meanwhile. */
        g_autofree char *parent = g_path_get_dirname(was);
        g_assert_true(directory_remove(parent, NULL));
        g_autotempdir again = directory_make_temporary(NULL);
        g_assert_true(g_file_test(again, G_FILE_TEST_IS_DIR));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_autofree char *mine = g_strdup("/tmp/lautta-test.XXXXXX");
        g_assert_nonnull(g_mkdtemp(mine));
        g_setenv("TMPDIR", mine, true);
        g_test_add_func("/temporary/what_a_killed_process_left_is_removed_by_the_next",
                        what_a_killed_process_left_is_removed_by_the_next);
        g_test_add_func("/temporary/a_directory_goes_at_the_end_of_its_scope_and_a_new_one_can_be_made",
                        a_directory_goes_at_the_end_of_its_scope_and_a_new_one_can_be_made);
        int result = g_test_run();
        directory_remove(mine, NULL);
        return result;
}
