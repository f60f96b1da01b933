/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tar.h"

#include <string.h>

#include "errors.h"

enum { BLOCK_BYTES = 1 << 20 };

bool tar_open(Tar *tar, const char *file, GError **error)
{
        *tar = (Tar){.archive = archive_read_new(), .locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL)};
        tar->previous = tar->locale ? uselocale(tar->locale) : NULL;
        archive_read_support_format_tar(tar->archive);
        if (archive_read_open_filename(tar->archive, file, BLOCK_BYTES) == ARCHIVE_OK)
                return true;
        return fail(error, LAUTTA_ERROR_CORRUPT, "cannot read '%s': %s", file,
                    archive_error_string(tar->archive));
}

void tar_close(Tar *tar)
{
        g_clear_pointer(&tar->path, g_free);
        g_clear_pointer(&tar->archive, archive_read_free);
        if (!tar->locale)
                return;
        uselocale(tar->previous);
        freelocale(tar->locale);
        tar->locale = NULL;
}

/* Returns: owned "usr/bin" for "./usr/bin/"; NULL if the path leaves the root. */
static char *plain_path(const char *path)
{
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        g_autoptr(GString) plain = g_string_new(NULL);
        for (char **part = parts; *part; part++) {
                if (strcmp(*part, "..") == 0)
                        return NULL;
                if (!**part || strcmp(*part, ".") == 0)
                        continue;
                g_string_append_printf(plain, "%s%s", plain->len ? "/" : "", *part);
        }
        return g_string_free(g_steal_pointer(&plain), false);
}

bool tar_next(Tar *tar, bool *more, GError **error)
{
        g_clear_pointer(&tar->path, g_free);
        int result = archive_read_next_header(tar->archive, &tar->entry);
        *more = result != ARCHIVE_EOF;
        if (!*more)
                return true;
        const char *path = result == ARCHIVE_OK ? archive_entry_pathname(tar->entry) : NULL;
        tar->path = path ? plain_path(path) : NULL;
        if (tar->path)
                return true;
        return fail(error, LAUTTA_ERROR_CORRUPT, "the tar file has a damaged node%s%s", path ? " " : ": ",
                    path ? path : archive_error_string(tar->archive));
}

gssize tar_read(void *data, void *buffer, size_t max, GError **error)
{
        Tar *tar = data;
        la_ssize_t n = archive_read_data(tar->archive, buffer, max);
        if (n < 0)
                fail(error, LAUTTA_ERROR_CORRUPT, "cannot read '%s' from the tar file: %s", tar->path,
                     archive_error_string(tar->archive));
        return n < 0 ? -1 : (gssize)n;
}

GBytes *tar_read_all(Tar *tar, size_t max_bytes, GError **error)
{
        gint64 size = archive_entry_size(tar->entry);
        if (size < 0 || (guint64)size > max_bytes) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is longer than %zu bytes", tar->path, max_bytes);
                return NULL;
        }
        g_autofree char *content = g_malloc((size_t)size + 1);
        size_t have = 0;
        while (have < (size_t)size) {
                gssize n = tar_read(tar, content + have, (size_t)size - have, error);
                if (n < 0)
                        return NULL;
                if (n == 0)
                        break;
                have += (size_t)n;
        }
        return g_bytes_new_take(g_steal_pointer(&content), have);
}
