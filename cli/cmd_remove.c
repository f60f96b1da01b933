/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "errors.h"
#include "fleet_pins.h"
#include "layout.h"
#include "output.h"
#include "packages.h"
#include "source.h"

enum { NAMES_MAX = 3 };

static char *depot, *architecture;
static gboolean force;

static const GOptionEntry options[] = {
        {"depot", 0, 0, G_OPTION_ARG_FILENAME, &depot, "The depot's directory", "DEPOT"},
        {"architecture", 0, 0, G_OPTION_ARG_STRING, &architecture,
         "Remove it for this architecture only (default: all)", "ARCH"},
        {"force", 0, 0, G_OPTION_ARG_NONE, &force, "Remove it although lists pin it", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* Returns: owned array of the borrowed entries to remove, one for each architecture. */
static GPtrArray *find_entries(Repository *repository, const char *service, const char *version,
                               GError **error)
{
        const GPtrArray *all = repository_entries(repository);
        g_autoptr(GPtrArray) found = g_ptr_array_new();
        for (guint i = 0; i < all->len; i++) {
                const PackageEntry *entry = all->pdata[i];
                if (strcmp(entry->service, service) == 0 && strcmp(entry->version, version) == 0 &&
                    (!architecture || strcmp(entry->architecture, architecture) == 0))
                        g_ptr_array_add(found, all->pdata[i]);
        }
        if (found->len > 0)
                return g_steal_pointer(&found);
        fail(error, LAUTTA_ERROR_NOT_FOUND, "depot '%s' has no '%s' version %s%s%s", depot, service, version,
             architecture ? " for " : "", architecture ? architecture : "");
        return NULL;
}

/* --- lists that pin it */

/* Append the first names, and the number of further ones. */
static void append_names(GString *out, const GPtrArray *names, const char *separator)
{
        for (guint i = 0; i < MIN(names->len, NAMES_MAX); i++)
                g_string_append_printf(out, "%s%s", i > 0 ? separator : "", (const char *)names->pdata[i]);
        if (names->len > NAMES_MAX)
                g_string_append_printf(out, " and %u more", names->len - NAMES_MAX);
}

/* Returns: owned sentence about the lists that pin the version; NULL if there are none. */
static char *describe_pins(const FleetPins *pins, const char *service, const char *version)
{
        if (pins->hosts->len == 0 && pins->unread->len == 0)
                return NULL;
        GString *text = g_string_new(NULL);
        if (pins->hosts->len > 0) {
                g_string_append_printf(text, "'%s' version %s is pinned by the list of ", service, version);
                append_names(text, pins->hosts, ", ");
        } else
                g_string_append_printf(text, "'%s' version %s may be pinned", service, version);
        if (pins->unread->len > 0) {
                g_string_append(text, pins->hosts->len > 0 ? "; nor can these lists be read: "
                                                           : " by lists that cannot be read: ");
                append_names(text, pins->unread, "; ");
        }
        return g_string_free(text, false);
}

/* Without the version, a host whose list pins it could not install its list. */
static bool check_pins(const FleetPins *pins, const char *service, const char *version, GError **error)
{
        g_autofree char *why = describe_pins(pins, service, version);
        if (why && !force)
                return fail(
                        error, LAUTTA_ERROR_CONFLICT,
                        "%s: push the fleet without that version first ('lautta fleet push'), or say --force",
                        why);
        if (why)
                output_note("lautta remove: warning: %s; removing it all the same\n", why);
        return true;
}

/* --- removing */

static bool remove_entry(Repository *repository, const PackageEntry *entry, GError **error)
{
        g_autofree char *locator = layout_locator_path(entry->service, entry->version, entry->architecture);
        return repository_begin(repository, REPOSITORY_REMOVE, entry->filename, error) &&
               repository_unplace(repository, locator, error) && repository_commit(repository, error);
}

/* Remove one architecture after the other: each commit changes the repository's entries. */
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
        return true;
}

static json_t *to_json(const GPtrArray *texts)
{
        json_t *list = json_array();
        for (guint i = 0; i < texts->len; i++)
                json_array_append_new(list, json_string(texts->pdata[i]));
        return list;
}

static bool print_json(const char *service, const char *version, const GPtrArray *removed,
                       const FleetPins *pins, GError **error)
{
        json_t *object = json_object();
        output_add_text(&object, "service", service);
        output_add_text(&object, "version", version);
        output_add(&object, "architectures", to_json(removed));
        output_add(&object, "pinned_by", to_json(pins->hosts));
        return output_json(object, error);
}

static void print_text(const char *service, const char *version)
{
        output_print("Removed '%s' version %s. Its chunks stay in the packs until 'lautta gc'.\n", service,
                     version);
}

static bool run(char **arguments, int count, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(count == 1 ? arguments[0] : "", "=", 2);
        if (g_strv_length(parts) != 2 || !*parts[0] || !*parts[1])
                return fail(error, LAUTTA_ERROR_USAGE,
                            "name one SERVICE=VERSION; see 'lautta remove --help'");
        g_autoptr(Repository) repository = source_open_to_write(depot, error);
        g_autoptr(GPtrArray) entries =
                repository ? find_entries(repository, parts[0], parts[1], error) : NULL;
        g_autoptr(FleetPins) pins = entries ? fleet_pins_find(repository_path(repository), entries) : NULL;
        g_autoptr(GPtrArray) removed = g_ptr_array_new_with_free_func(g_free);
        if (!pins || !check_pins(pins, parts[0], parts[1], error) ||
            !remove_all(repository, parts[0], parts[1], removed, error))
                return false;
        if (option_json)
                return print_json(parts[0], parts[1], removed, pins, error);
        if (!option_quiet)
                print_text(parts[0], parts[1]);
        return true;
}

const Command command_remove = {
        .name = "remove",
        .arguments = "SERVICE=VERSION --depot DEPOT",
        .summary = "Remove a version from a depot",
        .details =
                "The version, its service package and its locator are removed. Its chunks stay in the packs, since other\n"
                "versions may share them. A version that a list in the depot pins is removed only with --force.\n\n"
                "Example:\n  lautta remove web=1.0.0 --depot /srv/depot",
        .options = options,
        .run = run,
};
