/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the text of an InRelease: refused, or its paths stay inside and its dates are written back
 * alike. */
#include <string.h>

#include "release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(Release) release = release_parse(bytes, "fuzz", NULL);
        if (!release)
                return 0;
        for (guint i = 0; i < release->files->len; i++) {
                const ReleaseFile *file = release->files->pdata[i];
                g_assert(file->path[0] != '/' && !strstr(file->path, "//") && !strstr(file->path, "/../"));
                g_assert(!g_str_has_prefix(file->path, "../") && !g_str_has_suffix(file->path, "/.."));
                g_assert(strcmp(release_find(release, file->path)->path, file->path) == 0);
        }
        g_autofree char *date = release_date_format(release->date);
        int64_t again = 0;
        g_assert(release_date_parse(date, &again, NULL) && again == release->date);
        release_check_dates(release, 0, release->date, false, NULL);
        return 0;
}
