/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the files of a fleet, each after a line "@ PATH": refused with a place, or compiled to
 * lists that a host reads. */
#include <string.h>

#include "errors.h"
#include "fleet_compile.h"
#include "fleet_diff.h"
#include "packages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GPtrArray *split(const char *text)
{
        GPtrArray *files = fleet_files_new();
        g_auto(GStrv) parts = g_strsplit(text, "@ ", 64);
        for (char **part = parts; *part; part++) {
                const char *end = strchrnul(*part, '\n');
                g_autofree char *path = g_strndup(*part, (size_t)(end - *part));
                g_autoptr(GBytes) content = g_bytes_new(end + (*end != '\0'), strlen(end + (*end != '\0')));
                if (*path)
                        g_ptr_array_add(files, fleet_file_new(path, content));
        }
        return files;
}

static void check_list(const FleetStep *step)
{
        g_autoptr(GBytes) text = list_format(step->list);
        g_autoptr(List) again = list_parse(text, "fuzz", NULL);
        g_assert(again && strcmp(again->host, step->host) == 0);
        g_auto(GStrv) changes = fleet_diff(again, step->list);
        g_assert(!*changes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = g_strndup((const char *)data, size);
        g_autoptr(GPtrArray) files = split(text);
        const FleetSingle single = {"library-1", NULL};
        g_autoptr(GError) error = NULL;
        g_autoptr(Fleet) fleet = fleet_parse(files, size % 2 ? NULL : &single, &error);
        g_assert((fleet == NULL) == (error != NULL));
        if (!fleet) {
                g_assert(error_is(error, LAUTTA_ERROR_USAGE));
                return 0;
        }
        g_autoptr(GPtrArray) entries = packages_new();
        PackageEntry web = {.service = (char *)"web", .version = (char *)"1.0", .format = 1};
        web.architecture = (char *)"amd64";
        g_ptr_array_set_free_func(entries, NULL);
        g_ptr_array_add(entries, &web);
        g_autoptr(GHashTable) before = g_hash_table_new(g_str_hash, g_str_equal);
        const FleetCircumstances now = {.entries = entries, .before = before, .now = 1795345200};
        g_autoptr(GPtrArray) steps = fleet_compile(fleet, &now, &error);
        g_assert((steps == NULL) == (error != NULL));
        for (guint i = 0; steps && i < steps->len; i++)
                check_list(steps->pdata[i]);
        return 0;
}
