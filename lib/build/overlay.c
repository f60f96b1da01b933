/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "overlay.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "fstab.h"
#include "root.h"

enum { READ_BYTES = 1 << 20 };

static bool check(struct archive *out, int result, GError **error)
{
        if (result >= ARCHIVE_WARN)
                return true;
        return fail(error, archive_errno(out) == ENOSPC ? LAUTTA_ERROR_NO_SPACE : LAUTTA_ERROR_SYSTEM,
                    "cannot write the files to copy in: %s", archive_error_string(out));
}

static bool write_header(struct archive *out, const char *path, mode_t mode, gint64 size, const char *target,
                         GError **error)
{
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, path);
        archive_entry_set_mode(entry, mode);
        archive_entry_set_size(entry, size);
        archive_entry_set_mtime(entry, IMAGE_EPOCH, 0);
        if (target)
                archive_entry_set_symlink(entry, target);
        bool good = check(out, archive_write_header(out, entry), error);
        archive_entry_free(entry);
        return good;
}

static bool write_content(struct archive *out, int fd, const char *from, gint64 size, GError **error)
{
        g_autofree char *buffer = g_malloc(READ_BYTES);
        for (gint64 at = 0; at < size;) {
                size_t n = (size_t)MIN(size - at, READ_BYTES);
                if (!fd_read_exactly(fd, buffer, n, (uint64_t)at, from, error))
                        return false;
                if (archive_write_data(out, buffer, n) != (la_ssize_t)n)
                        return check(out, ARCHIVE_FATAL, error);
                at += (gint64)n;
        }
        return true;
}

static bool add_file(struct archive *out, const char *from, const char *to, bool executable, GError **error)
{
        struct stat st;
        g_autofd fd = open(from, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) != 0)
                return fail_errno(error, "cannot open '%s'", from);
        mode_t mode = executable || (st.st_mode & S_IXUSR) ? 0755 : 0644;
        return write_header(out, to, S_IFREG | mode, st.st_size, NULL, error) &&
               write_content(out, fd, from, st.st_size, error);
}

static bool add_symlink(struct archive *out, const char *from, const char *to, GError **error)
{
        g_autofree char *target = g_file_read_link(from, NULL);
        if (!target)
                return fail(error, LAUTTA_ERROR_SYSTEM, "cannot read the symlink '%s'", from);
        return write_header(out, to, S_IFLNK | 0777, 0, target, error);
}

static bool add_tree(struct archive *out, const char *from, const char *to, GError **error);

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *sorted_names(const char *directory, GError **error)
{
        g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
        if (!dir) {
                fail(error, LAUTTA_ERROR_SYSTEM, "cannot read the directory '%s'", directory);
                return NULL;
        }
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        for (const char *name; (name = g_dir_read_name(dir));)
                g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, compare_names);
        return names;
}

/* Add only empty directories: a directory that is a symlink in the root (/lib) must stay a symlink. */
static bool add_directory(struct archive *out, const char *from, const char *to, GError **error)
{
        g_autoptr(GPtrArray) names = sorted_names(from, error);
        if (!names)
                return false;
        if (names->len == 0)
                return write_header(out, to, S_IFDIR | 0755, 0, NULL, error);
        for (guint i = 0; i < names->len; i++) {
                g_autofree char *from_one = g_build_filename(from, names->pdata[i], NULL);
                g_autofree char *to_one = g_build_filename(to, names->pdata[i], NULL);
                if (!add_tree(out, from_one, to_one, error))
                        return false;
        }
        return true;
}

static bool add_tree(struct archive *out, const char *from, const char *to, GError **error)
{
        struct stat st;
        if (lstat(from, &st) != 0)
                return fail_errno(error, "cannot find '%s'", from);
        if (S_ISDIR(st.st_mode))
                return add_directory(out, from, to, error);
        if (S_ISLNK(st.st_mode))
                return add_symlink(out, from, to, error);
        if (S_ISREG(st.st_mode))
                return add_file(out, from, to, false, error);
        return fail(error, LAUTTA_ERROR_USAGE, "'%s' is neither a file nor a directory nor a symlink", from);
}

static bool add_copies(struct archive *out, const ServiceDescription *description, GError **error)
{
        const GPtrArray *copies = description->build->copy;
        for (guint i = 0; i < copies->len; i++) {
                const ServiceCopy *copy = copies->pdata[i];
                g_autofree char *from = description_path(description, copy->from);
                bool nameless = !copy->to[1] && !g_file_test(from, G_FILE_TEST_IS_DIR);
                if (nameless ? fail(error, LAUTTA_ERROR_USAGE, "only a directory can be copied to '/'")
                             : add_tree(out, from, copy->to + 1, error))
                        continue;
                g_prefix_error(error, "image.build.copy[%u]: ", i);
                return false;
        }
        return true;
}

static bool add_scripts(struct archive *out, const ServiceDescription *description, GError **error)
{
        GStrv scripts = description->build->customize;
        for (unsigned i = 0; scripts[i]; i++) {
                g_autofree char *from = description_path(description, scripts[i]);
                g_autofree char *name = g_path_get_basename(scripts[i]);
                g_autofree char *to = g_strdup_printf(OVERLAY_SCRIPTS "/%04u/%s", i, name);
                if (add_file(out, from, to, true, error))
                        continue;
                g_prefix_error(error, "image.build.customize[%u]: ", i);
                return false;
        }
        return true;
}

static bool add_text(struct archive *out, const char *to, const char *text, GError **error)
{
        size_t size = strlen(text);
        if (!write_header(out, to, S_IFREG | 0644, (gint64)size, NULL, error))
                return false;
        return archive_write_data(out, text, size) == (la_ssize_t)size || check(out, ARCHIVE_FATAL, error);
}

/* mmdebstrap writes the builder's host name; use the service's instead. A host name has no dots and plus
 * signs. */
static bool add_identity(struct archive *out, const ServiceDescription *description, GError **error)
{
        g_autofree char *name = g_strdelimit(g_strdup(description->service), ".+", '-');
        g_autofree char *hostname = g_strconcat(name, "\n", NULL);
        g_autofree char *hosts = g_strdup_printf(
                "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost ip6-loopback\n", name);
        return add_text(out, "etc/hostname", hostname, error) && add_text(out, "etc/hosts", hosts, error);
}

static bool add_fstab(struct archive *out, const ServiceDescription *description, GError **error)
{
        if (description->kind != KIND_VM)
                return true;
        g_autofree char *text = fstab_text(description);
        return add_text(out, "etc/fstab", text, error);
}

bool overlay_write(const ServiceDescription *description, const char *tar, GError **error)
{
        struct archive *out = archive_write_new();
        archive_write_set_format_pax_restricted(out);
        bool good = check(out, archive_write_open_filename(out, tar), error) &&
                    add_identity(out, description, error) && add_fstab(out, description, error) &&
                    add_copies(out, description, error) && add_scripts(out, description, error) &&
                    check(out, archive_write_close(out), error);
        archive_write_free(out);
        return good;
}
