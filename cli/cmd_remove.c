/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "errors.h"
#include "output.h"
#include "packages.h"
#include "writer.h"

static char *depot, *architecture;

static const GOptionEntry options[] = {
        {"depot", 0, 0, G_OPTION_ARG_FILENAME, &depot, "The depot's directory", "DEPOT"},
        {"architecture", 0, 0, G_OPTION_ARG_STRING, &architecture, "Only that of this architecture (all)",
         "ARCH"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool remove_entry(Repository *repository, const PackageEntry *entry, GError **error)
{
        g_autofree char *locator =
                repository_locator_path(entry->service, entry->version, entry->architecture);
        return repository_begin(repository, REPOSITORY_REMOVE, entry->filename, error) &&
               repository_unplace(repository, locator, error) && repository_commit(repository, error);
}

/* One architecture after the other: what is published changes under our hands with each. */
static bool remove_all(Repository *repository, const char *service, const char *version, GPtrArray *removed,
                       GError **error)
{
        const PackageEntry *entry = NULL;
        while ((entry = packages_find(repository_entries(repository), service, version, architecture))) {
                g_autofree char *removed_architecture = g_strdup(entry->architecture);
                if (!remove_entry(repository, entry, error))
                        return false;
                g_ptr_array_add(removed, g_steal_pointer(&removed_architecture));
        }
        return removed->len > 0 ||
               fail(error, LAUTTA_ERROR_NOT_FOUND, "depot '%s' has no '%s' version %s%s%s", depot, service,
                    version, architecture ? " for " : "", architecture ? architecture : "");
}

static bool print_result(const char *service, const char *version, GPtrArray *removed, GError **error)
{
        if (option_json) {
                json_t *list = json_array();
                for (guint i = 0; i < removed->len; i++)
                        json_array_append_new(list, json_string(removed->pdata[i]));
                return output_json(json_pack("{s:s, s:s, s:o}", "service", service, "version", version,
                                             "architectures", list),
                                   error);
        }
        if (!option_quiet)
                printf("Removed '%s' version %s. Its chunks stay in the packs until 'lautta gc'.\n", service,
                       version);
        return true;
}

static bool run(char **arguments, int count, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(count == 1 ? arguments[0] : "", "=", 2);
        if (g_strv_length(parts) != 2 || !*parts[0] || !*parts[1])
                return fail(error, LAUTTA_ERROR_USAGE,
                            "name one SERVICE=VERSION; see 'lautta remove --help'");
        g_autoptr(Repository) repository = writer_open(depot, error);
        g_autoptr(GPtrArray) removed = g_ptr_array_new_with_free_func(g_free);
        if (!repository || !remove_all(repository, parts[0], parts[1], removed, error))
                return false;
        return print_result(parts[0], parts[1], removed, error);
}

const Command command_remove = {
        .name = "remove",
        .arguments = "SERVICE=VERSION --depot DEPOT",
        .summary = "Take a version out of a depot",
        .details = "The version is no longer listed, and its service package and locator go. Its chunks stay "
                   "in the\n"
                   "packs, since other versions may share them.\n\n"
                   "Example:\n  lautta remove web=1.0.0 --depot /srv/depot",
        .options = options,
        .run = run,
};
