/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disk of a machine's settings, read back by libarchive. */
#include "nocloud.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"

enum { VOLUME_ID = 16 * 2048 + 40 };

static const NocloudIdentity identity = {"web.test", "5e77"};

static void put(const char *directory, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_assert_true(file_write_atomically(path, text, strlen(text), 0600, NULL));
}

/* Lines "NAME: CONTENT", sorted as they come. */
static char *read_back(const char *path)
{
        struct archive *in = archive_read_new();
        struct archive_entry *entry = NULL;
        GString *text = g_string_new(NULL);
        archive_read_support_format_iso9660(in);
        g_assert_cmpint(archive_read_open_filename(in, path, 4096), ==, ARCHIVE_OK);
        while (archive_read_next_header(in, &entry) == ARCHIVE_OK) {
                char content[512] = "";
                if (archive_entry_filetype(entry) != AE_IFREG)
                        continue;
                g_assert_cmpint(archive_read_data(in, content, sizeof content - 1), >=, 0);
                g_string_append_printf(text, "%s: %s;", archive_entry_pathname(entry), content);
        }
        archive_read_free(in);
        return g_string_free(text, false);
}

static void files_are_on_a_disk_named_cidata(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *files = g_build_filename(directory, "files", NULL);
        g_autofree char *path = g_build_filename(directory, "below", "settings.iso", NULL);
        g_assert_true(directory_make(files, 0700, NULL));
        put(files, "user-data", "#cloud-config\n");
        put(files, "network-config", "version: 2\n");
        g_autoptr(GError) error = NULL;
        g_assert_true(nocloud_write(files, &identity, path, &error));
        g_assert_no_error(error);
        g_autofree char *text = read_back(path);
        g_assert_nonnull(strstr(text, "user-data: #cloud-config\n;"));
        g_assert_nonnull(strstr(text, "network-config: version: 2\n;"));
        g_assert_nonnull(strstr(text, "meta-data: instance-id: web-test-5e77\nlocal-hostname: web-test\n;"));
        g_autoptr(GBytes) disk = file_read(path, 16 << 20, NULL);
        g_assert_cmpint(memcmp((const char *)g_bytes_get_data(disk, NULL) + VOLUME_ID, "CIDATA ", 7), ==, 0);
        struct stat info;
        g_assert_cmpint(stat(path, &info), ==, 0);
        g_assert_cmpint(info.st_mode & 0777, ==, 0600);
}

static void meta_data_of_ones_own_is_kept_and_user_data_is_there(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "settings.iso", NULL);
        put(directory, "meta-data", "instance-id: mine\n");
        g_assert_true(nocloud_write(directory, &identity, path, NULL));
        g_autofree char *text = read_back(path);
        g_assert_nonnull(strstr(text, "meta-data: instance-id: mine\n;"));
        g_assert_null(strstr(text, "web-test"));
        g_assert_nonnull(strstr(text, "user-data: ;"));
}

static void too_many_bytes_are_refused(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "settings.iso", NULL);
        g_autofree char *large = g_build_filename(directory, "user-data", NULL);
        put(directory, "user-data", "");
        g_assert_cmpint(truncate(large, NOCLOUD_MAX_BYTES + 1), ==, 0);
        g_autoptr(GError) error = NULL;
        g_assert_false(nocloud_write(directory, &identity, path, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT);
        g_assert_cmpint(access(path, F_OK), ==, -1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/nocloud/files are on a disk named CIDATA", files_are_on_a_disk_named_cidata);
        g_test_add_func("/nocloud/meta-data of one's own is kept, and user-data is there",
                        meta_data_of_ones_own_is_kept_and_user_data_is_there);
        g_test_add_func("/nocloud/too many bytes are refused", too_many_bytes_are_refused);
        return g_test_run();
}
