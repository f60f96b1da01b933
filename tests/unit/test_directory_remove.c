/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees as a hostile guest leaves them in its root. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

typedef struct {
        char *scratch;
        char *top;
} Fixture;

static void set_up(Fixture *f, const void *data)
{
        f->scratch = directory_make_temporary(NULL);
        f->top = g_build_filename(f->scratch, "top", NULL);
        g_assert_true(directory_make(f->top, 0755, NULL));
}

static void tear_down(Fixture *f, const void *data)
{
        g_free(f->top);
        directory_remove_auto(&f->scratch);
}

static void write_file(int directory, const char *name)
{
        g_autofd fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        g_assert_cmpint(fd, >=, 0);
}

/* Make `levels` directories of `name`, each in the one before, with a file and an empty directory next to it. */
static void make_levels(const Fixture *f, guint levels, const char *name)
{
        AutoFd at = open(f->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (guint i = 0; i < levels; i++) {
                g_assert_cmpint(mkdirat(at, name, 0700), ==, 0);
                if (i % 100 == 0) {
                        write_file(at, "a file");
                        g_assert_cmpint(mkdirat(at, "empty", 0700), ==, 0);
                }
                int below = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                g_assert_cmpint(below, >=, 0);
                close(at);
                at = below;
        }
        close(at);
}

static void assert_removed(const Fixture *f)
{
        g_autoptr(GError) error = NULL;
        directory_remove(f->top, &error);
        g_assert_no_error(error);
        g_assert_false(g_file_test(f->top, G_FILE_TEST_EXISTS));
}

static void paths_longer_than_the_system_allows_are_removed(Fixture *f, const void *data)
{
        g_autofree char *name = g_strnfill(200, 'x');
        make_levels(f, 60, name);
        assert_removed(f);
}

static void more_levels_than_open_files_or_stack_are_removed(Fixture *f, const void *data)
{
        struct rlimit files, stack, few = {40, 40}, small = {256 * 1024, RLIM_INFINITY};
        make_levels(f, 10 * 1000, "d");
        getrlimit(RLIMIT_NOFILE, &files);
        getrlimit(RLIMIT_STACK, &stack);
        few.rlim_max = files.rlim_max;
        small.rlim_max = stack.rlim_max;
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
        g_assert_cmpint(setrlimit(RLIMIT_STACK, &small), ==, 0);
        assert_removed(f);
        setrlimit(RLIMIT_NOFILE, &files);
        setrlimit(RLIMIT_STACK, &stack);
}

static void broad_trees_are_removed_below_levels_that_were_closed(Fixture *f, const void *data)
{
        AutoFd at = open(f->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (guint level = 0; level < 40; level++) {
                for (guint i = 0; i < 40; i++) {
                        g_autofree char *name = g_strdup_printf("%u", i);
                        g_autofree char *file = g_strdup_printf("%u/file", i);
                        g_assert_cmpint(mkdirat(at, name, 0700), ==, 0);
                        write_file(at, file);
                }
                int below = openat(at, level % 2 ? "0" : "39", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                close(at);
                at = below;
        }
        close(at);
        assert_removed(f);
}

static void symlinks_are_removed_and_not_followed(Fixture *f, const void *data)
{
        g_autofree char *outside = g_build_filename(f->scratch, "outside", NULL);
        g_autofree char *precious = g_build_filename(outside, "precious", NULL);
        g_autofree char *to_directory = g_build_filename(f->top, "to-directory", NULL);
        g_autofree char *to_file = g_build_filename(f->top, "to-file", NULL);
        g_autofree char *alone = g_build_filename(f->scratch, "alone", NULL);
        g_assert_true(directory_make(outside, 0755, NULL) && g_file_set_contents(precious, "x", 1, NULL));
        g_assert_cmpint(symlink(outside, to_directory), ==, 0);
        g_assert_cmpint(symlink(precious, to_file), ==, 0);
        g_assert_cmpint(symlink(outside, alone), ==, 0);
        assert_removed(f);
        g_assert_true(directory_remove(alone, NULL));
        g_assert_false(g_file_test(alone, G_FILE_TEST_IS_SYMLINK));
        g_assert_true(g_file_test(precious, G_FILE_TEST_EXISTS));
}

static bool set_immutable(const char *path, bool on)
{
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC);
        int flags = on ? FS_IMMUTABLE_FL : 0;
        return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static void immutable_files_and_directories_are_removed(Fixture *f, const void *data)
{
        g_autofree char *directory = g_build_filename(f->top, "directory", NULL);
        g_autofree char *file = g_build_filename(directory, "file", NULL);
        g_assert_true(directory_make(directory, 0755, NULL) && g_file_set_contents(file, "x", 1, NULL));
        if (!set_immutable(file, true) || !set_immutable(directory, true) || !set_immutable(f->top, true)) {
                set_immutable(file, false);
                g_test_skip("no immutable files here: not root, or a file system without them");
                return;
        }
        assert_removed(f);
}

static void a_mount_point_is_not_entered(Fixture *f, const void *data)
{
        g_autofree char *outside = g_build_filename(f->scratch, "outside", NULL);
        g_autofree char *precious = g_build_filename(outside, "precious", NULL);
        g_autofree char *point = g_build_filename(f->top, "point", NULL);
        g_autoptr(GError) error = NULL;
        g_assert_true(directory_make(outside, 0755, NULL) && directory_make(point, 0755, NULL) &&
                      g_file_set_contents(precious, "x", 1, NULL));
        if (mount(outside, point, NULL, MS_BIND, NULL) != 0) {
                g_test_skip("only root may mount");
                return;
        }
        bool removed = directory_remove(f->top, &error);
        umount2(point, MNT_DETACH);
        g_assert_false(removed);
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_SYSTEM);
        g_assert_true(g_file_test(precious, G_FILE_TEST_EXISTS));
        assert_removed(f);
}

static void what_is_absent_or_a_file_is_removed(Fixture *f, const void *data)
{
        g_autofree char *file = g_build_filename(f->top, "file", NULL);
        g_autofree char *absent = g_build_filename(f->top, "absent", "below", NULL);
        g_assert_true(g_file_set_contents(file, "x", 1, NULL) && directory_remove(file, NULL));
        g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
        g_assert_true(directory_remove(file, NULL) && directory_remove(absent, NULL));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add("/directory_remove/" #name, Fixture, NULL, set_up, name, tear_down)
        ADD(paths_longer_than_the_system_allows_are_removed);
        ADD(more_levels_than_open_files_or_stack_are_removed);
        ADD(broad_trees_are_removed_below_levels_that_were_closed);
        ADD(symlinks_are_removed_and_not_followed);
        ADD(immutable_files_and_directories_are_removed);
        ADD(a_mount_point_is_not_entered);
        ADD(what_is_absent_or_a_file_is_removed);
        return g_test_run();
}
