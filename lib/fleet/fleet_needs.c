/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_needs.h"

#include <string.h>

#include "errors.h"
#include "fleet_private.h"
#include "packages.h"

enum { CIRCLE_NAMES_MAX = 8 };

typedef struct {
        const FleetTarget *target;
        const FleetNode *host;
        GHashTable *musts; /* service to PackageEntry */
        GHashTable *seen;  /* set of services whose needs are checked */
        GPtrArray *path;   /* PackageEntry: each needs the next */
} Needs;

static FleetPlace place_of(const Needs *needs, const PackageEntry *entry)
{
        const FleetPackage *package = g_hash_table_lookup(needs->target->packages, entry->service);
        return package->place;
}

/* Returns: owned half of a sentence: why the host does not have to have the service `name`, and what to do.
 */
static char *what_is_wrong(const FleetPackage *package, const char *name)
{
        if (!package)
                return g_strdup_printf("which its list does not name: put '%s' into must-have", name);
        if (package->kind == FLEET_MUST)
                return g_strdup_printf("which is no service of the depot: publish '%s' first", name);
        if (package->kind == FLEET_MAY)
                return g_strdup_printf(
                        "which is in may-have at %s:%u, so it may be missing: put '%s' into must-have",
                        package->place.file, package->place.line, name);
        return g_strdup_printf("which is in may-not-have at %s:%u: take one of the two out",
                               package->place.file, package->place.line);
}

static bool fail_unmet(const Needs *needs, const PackageEntry *entry, const char *name, GError **error)
{
        const FleetPackage *package = g_hash_table_lookup(needs->target->packages, name);
        g_autofree char *wrong = what_is_wrong(package, name);
        return fleet_fail(place_of(needs, entry), error, "'%s' %s, which host '%s' must have, needs '%s', %s",
                          entry->service, entry->version, needs->host->name, name, wrong);
}

static bool fail_circle(const Needs *needs, const PackageEntry *begin, GError **error)
{
        const GPtrArray *path = needs->path;
        guint first = path->len - 1;
        while (path->pdata[first] != begin)
                first--;
        g_autoptr(GString) circle = g_string_new(NULL);
        for (guint i = first; i < path->len && i < first + CIRCLE_NAMES_MAX; i++)
                g_string_append_printf(circle, "%s -> ", ((const PackageEntry *)path->pdata[i])->service);
        g_string_append(circle, path->len - first > CIRCLE_NAMES_MAX ? "... -> " : "");
        return fleet_fail(
                place_of(needs, begin), error,
                "host '%s' must have services that need each other in a circle, so that none can start: %s%s: take one of them out, or publish it with another 'needs'",
                needs->host->name, circle->str, begin->service);
}

static bool check_one(Needs *needs, PackageEntry *entry, GError **error)
{
        if (g_hash_table_contains(needs->seen, entry->service))
                return true;
        if (g_ptr_array_find(needs->path, entry, NULL))
                return fail_circle(needs, entry, error);
        g_ptr_array_add(needs->path, entry);
        for (char **name = entry->needs; name && *name; name++) {
                PackageEntry *other = g_hash_table_lookup(needs->musts, *name);
                if (!other)
                        return fail_unmet(needs, entry, *name, error);
                if (!check_one(needs, other, error))
                        return false;
        }
        g_ptr_array_set_size(needs->path, (int)needs->path->len - 1);
        g_hash_table_add(needs->seen, entry->service);
        return true;
}

bool fleet_needs_check(const FleetTarget *target, const FleetNode *host, const GPtrArray *musts,
                       GError **error)
{
        g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) path = g_ptr_array_new();
        Needs needs = {target, host, by_name, seen, path};
        for (guint i = 0; i < musts->len; i++)
                g_hash_table_insert(by_name, ((PackageEntry *)musts->pdata[i])->service, musts->pdata[i]);
        for (guint i = 0; i < musts->len; i++)
                if (!check_one(&needs, musts->pdata[i], error))
                        return false;
        return true;
}
