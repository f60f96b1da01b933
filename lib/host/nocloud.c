/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nocloud.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "files.h"

typedef struct archive ArchiveWriter;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveWriter, archive_write_free)

static bool archive_fail(ArchiveWriter *out, GError **error)
{
        const char *why = archive_error_string(out);
        return fail(error, error_code_from_text(why), "cannot write the disk: %s",
                    why ? why : "libarchive fails");
}

static int by_name(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool read_file(const char *directory, const char *name, GHashTable *files, size_t *left,
                      GError **error)
{
        g_autofree char *path = g_build_filename(directory, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
                return true;
        GBytes *content = file_read(path, *left, error);
        if (!content)
                return false;
        *left -= g_bytes_get_size(content);
        g_hash_table_insert(files, g_strdup(name), content);
        return true;
}

/* Returns: owned map of name to GBytes. */
static GHashTable *read_files(const char *directory, GError **error)
{
        g_autoptr(GHashTable) files =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
        g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
        size_t left = NOCLOUD_MAX_BYTES;
        const char *name = NULL;
        if (!entries) {
                fail_errno(error, "cannot read '%s'", directory);
                return NULL;
        }
        while ((name = g_dir_read_name(entries)))
                if (!read_file(directory, name, files, &left, error))
                        return NULL;
        return g_steal_pointer(&files);
}

static void add_what_is_absent(GHashTable *files, const NocloudIdentity *identity)
{
        g_autofree char *name = g_strdelimit(g_strdup(identity->service), ".+", '-');
        char *meta =
                g_strdup_printf("instance-id: %s-%s\nlocal-hostname: %s\n", name, identity->settings, name);
        GBytes *bytes = g_bytes_new_take(meta, strlen(meta));
        if (!g_hash_table_contains(files, "meta-data"))
                g_hash_table_insert(files, g_strdup("meta-data"), g_bytes_ref(bytes));
        if (!g_hash_table_contains(files, "user-data"))
                g_hash_table_insert(files, g_strdup("user-data"), g_bytes_new_static("", 0));
        g_bytes_unref(bytes);
}

static bool write_file(ArchiveWriter *out, const char *name, GBytes *content, GError **error)
{
        size_t size = 0;
        const void *data = g_bytes_get_data(content, &size);
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, name);
        archive_entry_set_filetype(entry, S_IFREG);
        archive_entry_set_perm(entry, 0400);
        archive_entry_set_size(entry, (la_int64_t)size);
        bool good = archive_write_header(out, entry) == ARCHIVE_OK &&
                    (size == 0 || archive_write_data(out, data, size) == (la_ssize_t)size);
        archive_entry_free(entry);
        return good || archive_fail(out, error);
}

static bool write_files(ArchiveWriter *out, GHashTable *files, GError **error)
{
        g_autofree const char **names = (const char **)g_hash_table_get_keys_as_array(files, NULL);
        qsort((void *)names, g_hash_table_size(files), sizeof *names, by_name);
        for (const char **name = names; *name; name++)
                if (!write_file(out, *name, g_hash_table_lookup(files, *name), error))
                        return false;
        return archive_write_close(out) == ARCHIVE_OK || archive_fail(out, error);
}

bool nocloud_write(const char *directory, const NocloudIdentity *identity, const char *path, GError **error)
{
        g_autofree char *parent = g_path_get_dirname(path);
        g_autoptr(GHashTable) files = read_files(directory, error);
        if (!files || !directory_make(parent, 0711, error))
                return false;
        add_what_is_absent(files, identity);
        g_autofd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return fail_errno(error, "cannot make '%s'", path);
        g_autoptr(ArchiveWriter) out = archive_write_new();
        if (archive_write_set_format_iso9660(out) != ARCHIVE_OK ||
            archive_write_set_options(out, "volume-id=CIDATA,joliet,rockridge=useful") != ARCHIVE_OK ||
            archive_write_open_fd(out, fd) != ARCHIVE_OK)
                return archive_fail(out, error);
        return write_files(out, files, error);
}
