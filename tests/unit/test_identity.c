/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "names.h"
#include "process.h"

static void the_key_is_made_once_and_is_private(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *state = g_build_filename(directory, "a", "b", NULL);
        g_autofree char *path = g_build_filename(state, "host.key", NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *first = identity_load(state, &error);
        g_assert_no_error(error);
        g_assert_true(host_key_is_valid(first));
        g_autofree char *second = identity_load(state, &error);
        g_assert_cmpstr(first, ==, second);
        struct stat st;
        g_assert_cmpint(lstat(path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, 0600);
        g_autoptr(GDir) entries = g_dir_open(state, 0, NULL);
        g_assert_cmpstr(g_dir_read_name(entries), ==, "host.key");
        g_assert_null(g_dir_read_name(entries));
}

static void openssl_reads_it_and_says_the_same(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "host.key", NULL);
        g_autofree char *key = identity_load(directory, NULL);
        const char *const argv[] = {"openssl", "pkey", "-in", path, "-pubout", "-outform", "DER", NULL};
        g_autoptr(GBytes) der = NULL;
        g_autoptr(GError) error = NULL;
        if (!process_exists("openssl")) {
                g_test_skip("the program openssl is not installed");
                return;
        }
        g_assert_true(process_run(&(Process){.argv = argv, .max_output_bytes = 4096}, &der, NULL, &error));
        g_assert_cmpuint(g_bytes_get_size(der), ==, 44);
        g_autofree char *again = host_key_format((const uint8_t *)g_bytes_get_data(der, NULL) + 12);
        g_assert_cmpstr(key, ==, again);
}

static void what_is_no_such_key_is_never_replaced(void)
{
        static const char *const contents[] = {"", "-----BEGIN PRIVATE KEY-----\n", "hello\n"};
        for (size_t i = 0; i < G_N_ELEMENTS(contents); i++) {
                g_autotempdir directory = directory_make_temporary(NULL);
                g_autofree char *path = g_build_filename(directory, "host.key", NULL);
                g_autofree char *after = NULL;
                g_autoptr(GError) error = NULL;
                g_assert_true(g_file_set_contents(path, contents[i], -1, NULL));
                g_assert_null(identity_load(directory, &error));
                g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT);
                g_assert_nonnull(strstr(error->message, "put it back from a copy, or move it away"));
                g_assert_true(g_file_get_contents(path, &after, NULL, NULL));
                g_assert_cmpstr(after, ==, contents[i]);
        }
}

static void a_key_that_others_can_read_is_refused(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "host.key", NULL);
        g_autoptr(GError) error = NULL;
        g_free(identity_load(directory, NULL));
        g_assert_cmpint(g_chmod(path, 0640), ==, 0);
        g_assert_null(identity_load(directory, &error));
        g_assert_nonnull(strstr(error->message, "can be read by others"));
}

/* Children race for it, and some are killed; whoever comes through has the same key. */
static void many_at_once_and_some_killed_have_one_key(void)
{
        enum { ROUNDS = 20, CHILDREN = 8 };
        for (int round = 0; round < ROUNDS; round++) {
                g_autotempdir directory = directory_make_temporary(NULL);
                pid_t children[CHILDREN];
                for (int i = 0; i < CHILDREN; i++) {
                        children[i] = fork();
                        g_assert_cmpint(children[i], >=, 0);
                        if (children[i] == 0) {
                                char *key = identity_load(directory, NULL);
                                _exit(key ? 0 : 1);
                        }
                }
                kill(children[round % CHILDREN], SIGKILL);
                for (int i = 0; i < CHILDREN; i++) {
                        int status = 0;
                        g_assert_cmpint(waitpid(children[i], &status, 0), ==, children[i]);
                        g_assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
                }
                g_autofree char *key = identity_load(directory, NULL);
                g_autofree char *again = identity_load(directory, NULL);
                g_assert_nonnull(key);
                g_assert_cmpstr(key, ==, again);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/identity/the_key_is_made_once_and_is_private", the_key_is_made_once_and_is_private);
        g_test_add_func("/identity/openssl_reads_it_and_says_the_same", openssl_reads_it_and_says_the_same);
        g_test_add_func("/identity/what_is_no_such_key_is_never_replaced",
                        what_is_no_such_key_is_never_replaced);
        g_test_add_func("/identity/a_key_that_others_can_read_is_refused",
                        a_key_that_others_can_read_is_refused);
        g_test_add_func("/identity/many_at_once_and_some_killed_have_one_key",
                        many_at_once_and_some_killed_have_one_key);
        return g_test_run();
}
