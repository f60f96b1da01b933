/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ext4.h"

#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "files.h"
#include "process.h"

static const char uuid[] = "00112233-4455-8677-8899-aabbccddeeff";
enum { IMAGE_BYTES = 16 << 20, IMAGE_TIME = 1735689600 };

typedef struct {
        const char *text;
        size_t left;
} Source;

/* Give the text repeatedly, a few bytes a call, as a stream may do. */
static gssize read_source(void *data, void *buffer, size_t max, GError **error)
{
        Source *source = data;
        size_t n = MIN(MIN(max, source->left), 1000);
        for (size_t i = 0; i < n; i++)
                ((char *)buffer)[i] = source->text[(source->left - i) % strlen(source->text)];
        source->left -= n;
        return (gssize)n;
}

static void add(Ext4 *fs, const char *path, unsigned mode, const char *target, size_t size)
{
        g_autoptr(GError) error = NULL;
        Ext4Node node = {.path = path,
                         .mode = mode,
                         .uid = 70000,
                         .gid = 8,
                         .time_s = IMAGE_TIME,
                         .target = target,
                         .major = 1,
                         .minor = 3};
        Source source = {"some text ", size};
        ext4_add(fs, &node, size, read_source, &source, &error);
        g_assert_no_error(error);
}

static void make_image(const char *path)
{
        g_autoptr(GError) error = NULL;
        ext4_make(path, IMAGE_BYTES, uuid, IMAGE_TIME, &error);
        g_assert_no_error(error);
        g_autoptr(Ext4) fs = ext4_open(path, IMAGE_TIME, &error);
        g_assert_no_error(error);
        add(fs, "", S_IFDIR | 0755, NULL, 0);
        add(fs, "a", S_IFDIR | 01777, NULL, 0);
        add(fs, "a/file", S_IFREG | 04755, NULL, 3000000);
        add(fs, "a/empty", S_IFREG | 0600, NULL, 0);
        add(fs, "a/link", 0, "a/file", 0);
        add(fs, "a/null", S_IFCHR | 0666, NULL, 0);
        add(fs, "a/pipe", S_IFIFO | 0644, NULL, 0);
        add(fs, "symlink", S_IFLNK | 0777, "a/file", 0);
        add(fs, "long symlink", S_IFLNK | 0777,
            "/a/very/long/target/that/does/not/fit/into/an/inode/so/that/it/takes/a/block/of/its/own", 0);
        for (int i = 0; i < 400; i++) {
                g_autofree char *name =
                        g_strdup_printf("a/one of many files in a directory that grows %d", i);
                add(fs, name, S_IFREG | 0644, NULL, (size_t)i);
        }
        ext4_set_xattr(fs, "a/file", "user.note", "value", 5, &error);
        g_assert_no_error(error);
        ext4_set_time(fs, "a/empty", IMAGE_TIME + 5, &error);
        g_assert_no_error(error);
        g_assert_true(ext4_close(fs, &error));
}

static char *debugfs(const char *image, const char *command)
{
        const char *argv[] = {"debugfs", "-R", command, image, NULL};
        Process process = {.argv = argv, .max_output_bytes = 1 << 20};
        g_autoptr(GBytes) output = NULL;
        g_autoptr(GError) error = NULL;
        process_run(&process, &output, NULL, &error);
        g_assert_no_error(error);
        return g_strndup(g_bytes_get_data(output, NULL), g_bytes_get_size(output));
}

static void assert_says(const char *image, const char *command, const char *expected)
{
        g_autofree char *said = debugfs(image, command);
        if (!strstr(said, expected))
                g_error("%s: no '%s' in:\n%s", command, expected, said);
}

static void what_was_added_is_in_a_file_system_that_fsck_likes(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *image = g_build_filename(directory, "image", NULL);
        g_autoptr(GError) error = NULL;
        make_image(image);
        const char *argv[] = {"e2fsck", "-fn", image, NULL};
        Process fsck = {.argv = argv};
        process_run(&fsck, NULL, NULL, &error);
        g_assert_no_error(error);
        assert_says(image, "stat a/file", "Mode:  04755");
        assert_says(image, "stat a/file", "User: 70000   Group:     8");
        assert_says(image, "stat a/file", "Links: 2");
        assert_says(image, "stat a/file", "user.note (5) = \"value\"");
        assert_says(image, "stat a/link", "Size: 3000000");
        assert_says(image, "stat a/null", "Device major/minor number: 01:03");
        assert_says(image, "stat symlink", "Fast link dest: \"a/file\"");
        assert_says(image, "cat \"long symlink\"", "a/block/of/its/own");
        assert_says(image, "stat a/empty", "mtime: 0x67748585");
        assert_says(image, "stat \"a/one of many files in a directory that grows 399\"", "Size: 399");
}

static void the_same_nodes_give_the_same_bytes(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *one = g_build_filename(directory, "one", NULL);
        g_autofree char *two = g_build_filename(directory, "two", NULL);
        make_image(one);
        g_usleep(1100000); /* a second that must not show */
        make_image(two);
        g_autoptr(GBytes) a = file_read(one, IMAGE_BYTES, NULL), b = file_read(two, IMAGE_BYTES, NULL);
        g_assert_true(g_bytes_equal(a, b));
}

static void what_is_zero_stays_a_hole(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *image = g_build_filename(directory, "image", NULL);
        struct stat st;
        g_assert_true(ext4_make(image, UINT64_C(1) << 40, uuid, IMAGE_TIME, NULL));
        g_autoptr(Ext4) fs = ext4_open(image, IMAGE_TIME, NULL);
        add(fs, "", S_IFDIR | 0755, NULL, 0);
        g_assert_true(ext4_close(fs, NULL));
        g_assert_cmpint(stat(image, &st), ==, 0);
        g_assert_cmpint(st.st_size, ==, INT64_C(1) << 40);
        g_assert_cmpint(st.st_blocks * 512, <, 64 << 20);
}

static void a_full_file_system_is_a_conflict(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *image = g_build_filename(directory, "image", NULL);
        g_autoptr(GError) error = NULL;
        g_assert_true(ext4_make(image, IMAGE_BYTES, uuid, IMAGE_TIME, NULL));
        g_autoptr(Ext4) fs = ext4_open(image, IMAGE_TIME, NULL);
        Ext4Node node = {.path = "big", .mode = S_IFREG | 0644};
        Source source = {"x", IMAGE_BYTES};
        g_assert_false(ext4_add(fs, &node, IMAGE_BYTES, read_source, &source, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CONFLICT));
}

static void a_node_needs_its_directory(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *image = g_build_filename(directory, "image", NULL);
        g_autoptr(GError) error = NULL;
        g_assert_true(ext4_make(image, IMAGE_BYTES, uuid, IMAGE_TIME, NULL));
        g_autoptr(Ext4) fs = ext4_open(image, IMAGE_TIME, NULL);
        Ext4Node node = {.path = "absent/file", .mode = S_IFREG | 0644};
        g_assert_false(ext4_add(fs, &node, 0, NULL, NULL, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_NOT_FOUND));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ext4/what_was_added_is_in_a_file_system_that_fsck_likes",
                        what_was_added_is_in_a_file_system_that_fsck_likes);
        g_test_add_func("/ext4/the_same_nodes_give_the_same_bytes", the_same_nodes_give_the_same_bytes);
        g_test_add_func("/ext4/what_is_zero_stays_a_hole", what_is_zero_stays_a_hole);
        g_test_add_func("/ext4/a_full_file_system_is_a_conflict", a_full_file_system_is_a_conflict);
        g_test_add_func("/ext4/a_node_needs_its_directory", a_node_needs_its_directory);
        return g_test_run();
}
