/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a Packages file: refused, or its names are valid and it is written back alike. */
#include <string.h>

#include "debversion.h"
#include "packages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(GPtrArray) entries = packages_parse(bytes, "fuzz", "amd64", NULL);
        for (guint i = 0; entries && i < entries->len; i++) {
                const PackageEntry *entry = entries->pdata[i];
                g_assert(debian_name_is_valid(entry->service) && debian_version_is_valid(entry->version));
                g_assert(g_str_has_prefix(entry->filename, "pool/") && !strstr(entry->filename, "/."));
                g_assert(!strchr(entry->summary, '\n') && g_utf8_validate(entry->summary, -1, NULL));
                g_assert(packages_find(entries, entry->service, entry->version, entry->architecture) ==
                         entry);
                for (char **name = entry->needs; name && *name; name++)
                        g_assert(debian_name_is_valid(*name));
                bool listed = false;
                g_assert(packages_text_lists(bytes, entry->filename, &listed, NULL) && listed);
                g_autoptr(GBytes) without = packages_text_without(bytes, entry->filename, NULL);
                g_assert(packages_text_lists(without, entry->filename, &listed, NULL) && !listed);
        }
        return 0;
}
