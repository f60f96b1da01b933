/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_compile.h"

#include <string.h>

#include "errors.h"
#include "fleet_needs.h"
#include "fleet_private.h"
#include "fleet_settings.h"
#include "fleet_settle.h"
#include "names.h"
#include "packages.h"

/* The input of one compilation. */
typedef struct {
        const Fleet *fleet;
        const FleetCircumstances *circumstances;
        GHashTable *services; /* name to the number of its first entry, plus one */
        int64_t now;          /* the clock, or the depot's date if that is later */
} Compiling;

/* The compilation of one host's list. */
typedef struct {
        const Compiling *compiling;
        const FleetNode *host;
        const FleetTarget *target;
        List *list;
        GPtrArray *musts; /* PackageEntry: services that it must have, by name; borrowed */
} Resolving;

void fleet_before_free(FleetBefore *before)
{
        if (!before)
                return;
        list_free(before->list);
        g_free(before->why);
        g_free(before);
}

static void step_free(void *data)
{
        FleetStep *step = data;
        g_free(step->host);
        g_ptr_array_unref(step->settings);
        list_free(step->list);
        g_free(step);
}

const char *fleet_action_name(FleetAction action)
{
        static const char *const names[] = {
                [FLEET_NEW] = "new",   [FLEET_CHANGED] = "changed", [FLEET_RENEWED] = "renewed",
                [FLEET_KEPT] = "kept", [FLEET_REMOVED] = "removed",
        };
        return names[action];
}

static GHashTable *index_services(const GPtrArray *entries)
{
        GHashTable *services = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < entries->len; i++) {
                const PackageEntry *entry = entries->pdata[i];
                if (!g_hash_table_contains(services, entry->service))
                        g_hash_table_insert(services, entry->service, GUINT_TO_POINTER(i + 1));
        }
        return services;
}

/* --- finding a service in the depot */

/* Returns: the next entry of `name` after number `*i`, or NULL. The entries of a name are adjacent. */
static const PackageEntry *next_entry(const Compiling *compiling, const char *name, guint *i)
{
        const GPtrArray *entries = compiling->circumstances->entries;
        if (*i == 0)
                *i = GPOINTER_TO_UINT(g_hash_table_lookup(compiling->services, name));
        else
                (*i)++;
        if (*i == 0 || *i > entries->len)
                return NULL;
        const PackageEntry *entry = entries->pdata[*i - 1];
        return strcmp(entry->service, name) == 0 ? entry : NULL;
}

static bool fail_missing(const Resolving *resolving, const FleetPackage *package, const char *version,
                         GError **error)
{
        g_autoptr(GString) there = g_string_new(NULL);
        guint i = 0;
        const PackageEntry *entry = NULL;
        while ((entry = next_entry(resolving->compiling, package->name, &i)))
                g_string_append_printf(there, "%s%s (%s)", there->len ? ", " : "", entry->version,
                                       entry->architecture);
        FleetPlace place = version ? package->version_place : package->place;
        return fail(error, LAUTTA_ERROR_NOT_FOUND,
                    "%s:%u: the depot has no '%s'%s%s for %s, which host '%s' %s; %s%s", place.file,
                    place.line, package->name, version ? " version " : "", version ? version : "",
                    resolving->target->architecture, resolving->host->name,
                    package->kind == FLEET_MUST ? "must have" : "may have",
                    there->len ? "it has: " : "publish it first, or is the name another?", there->str);
}

static const PackageEntry *find_entry(const Resolving *resolving, const FleetPackage *package, GError **error)
{
        const char *version =
                package->version && strcmp(package->version, "newest") != 0 ? package->version : NULL;
        guint i = 0;
        const PackageEntry *entry = NULL;
        while ((entry = next_entry(resolving->compiling, package->name, &i)))
                if (strcmp(entry->architecture, resolving->target->architecture) == 0 &&
                    (!version || strcmp(entry->version, version) == 0))
                        break;
        if (!entry) {
                fail_missing(resolving, package, version, error);
                return NULL;
        }
        if (entry->format > PACKAGES_FORMAT) {
                fleet_fail(package->place, error, "'%s' version %s needs a newer Lautta than this one",
                           package->name, entry->version);
                return NULL;
        }
        return entry;
}

static bool is_service(const Resolving *resolving, const char *name)
{
        return g_hash_table_contains(resolving->compiling->services, name) ||
               g_hash_table_contains(resolving->compiling->fleet->services, name);
}

/* --- one host */

static bool add_service(Resolving *resolving, const FleetPackage *package, GPtrArray *relations,
                        GError **error)
{
        if (package_is_reserved(package->name))
                return fleet_fail(
                        package->place, error,
                        "'%s' is a service of the depot, and may not be: a host needs the Debian package of that name",
                        package->name);
        const PackageEntry *entry = find_entry(resolving, package, error);
        if (!entry)
                return false;
        g_ptr_array_add(relations, relation_new(package->name, entry->version));
        list_add_service(resolving->list, package->name, entry->version, entry->sha256);
        if (package->kind == FLEET_MUST)
                g_ptr_array_add(resolving->musts, (void *)entry);
        if (g_hash_table_contains(resolving->target->as_container, package->name))
                g_ptr_array_add(resolving->list->as_container, relation_new(package->name, NULL));
        return true;
}

static bool add_package(Resolving *resolving, const FleetPackage *package, GError **error)
{
        List *list = resolving->list;
        GPtrArray *const places[] = {[FLEET_MUST] = list->must_have,
                                     [FLEET_MAY] = list->may_have,
                                     [FLEET_MAY_NOT] = list->may_not_have};
        GPtrArray *relations = places[package->kind];
        if (relations->len >= RELATIONS_MAX)
                return fleet_fail(package->place, error, "host '%s' has more than %d packages of a kind",
                                  resolving->host->name, RELATIONS_MAX);
        if (package->kind != FLEET_MAY_NOT && is_service(resolving, package->name))
                return add_service(resolving, package, relations, error);
        if (package->kind != FLEET_MAY_NOT && package->version)
                return fail(
                        error, LAUTTA_ERROR_NOT_FOUND,
                        "%s:%u: the depot has no service '%s', which host '%s' is to have in version %s; a Debian package is named without a version",
                        package->version_place.file, package->version_place.line, package->name,
                        resolving->host->name, package->version);
        g_ptr_array_add(relations, relation_new(package->name, NULL));
        return true;
}

static int compare_packages(const void *a, const void *b)
{
        const FleetPackage *const *left = a, *const *right = b;
        return strcmp((*left)->name, (*right)->name);
}

/* In the order of names: of several errors, always the same one is reported. */
static bool add_packages(Resolving *resolving, GError **error)
{
        g_autoptr(GPtrArray) packages = g_ptr_array_new();
        GHashTableIter iter;
        void *package = NULL;
        g_hash_table_iter_init(&iter, resolving->target->packages);
        while (g_hash_table_iter_next(&iter, NULL, &package))
                g_ptr_array_add(packages, package);
        g_ptr_array_sort(packages, compare_packages);
        for (guint i = 0; i < packages->len; i++)
                if (!add_package(resolving, packages->pdata[i], error))
                        return false;
        return true;
}

/* Returns: owned list of the host, without a serial. */
static List *compile_host(const Compiling *compiling, const FleetNode *host, GPtrArray *settings,
                          GError **error)
{
        g_autoptr(FleetTarget) target = fleet_settle(compiling->fleet, host, error);
        if (!target)
                return NULL;
        g_autoptr(List) list = list_new();
        g_autoptr(GPtrArray) musts = g_ptr_array_new();
        Resolving resolving = {compiling, host, target, list, musts};
        if (!add_packages(&resolving, error) || !fleet_needs_check(target, host, musts, error))
                return NULL;
        list->host = g_strdup(host->name);
        list->host_key = g_strdup(host->host_key);
        list->date = compiling->now;
        list->valid_until = compiling->now + target->valid_s;
        list->depot_date_min = compiling->circumstances->depot_date;
        list->interval_s = target->interval_s;
        list_sort(list);
        if (!fleet_settings_add(target, list, settings, error))
                return NULL;
        if (!list_check(list, error)) {
                g_prefix_error(error, "host '%s': ", host->name);
                return NULL;
        }
        return g_steal_pointer(&list);
}

/* --- from the list to a step */

/* True if both lists are equal apart from serial and dates. */
static bool is_same(const List *a, const List *b)
{
        List left = *a, right = *b;
        left.serial = right.serial = left.date = right.date = 0;
        left.valid_until = right.valid_until = left.depot_date_min = right.depot_date_min = 0;
        g_autoptr(GBytes) left_text = list_format(&left);
        g_autoptr(GBytes) right_text = list_format(&right);
        return g_bytes_equal(left_text, right_text);
}

static bool is_due(const FleetBefore *before, const List *list)
{
        int64_t valid_s = list->valid_until - list->date;
        return !before->by_current_key || before->list->serial < before->newest_serial ||
               before->list->valid_until - before->list->date != valid_s ||
               before->list->valid_until - list->date < valid_s / 3;
}

static FleetAction choose(const FleetBefore *before, const List *list)
{
        if (!before || !before->list)
                return FLEET_NEW;
        if (!is_same(before->list, list))
                return FLEET_CHANGED;
        return is_due(before, list) ? FLEET_RENEWED : FLEET_KEPT;
}

static int64_t last_serial(const FleetBefore *before)
{
        if (!before)
                return 0;
        return MAX(before->newest_serial, before->list ? before->list->serial : 0);
}

static FleetStep *step_new(const char *host, FleetAction action, const FleetBefore *before,
                           GPtrArray *settings)
{
        FleetStep *step = g_new0(FleetStep, 1);
        step->settings = g_ptr_array_ref(settings);
        step->host = g_strdup(host);
        step->action = action;
        step->before = before ? before->list : NULL;
        step->why = before ? before->why : NULL;
        return step;
}

static bool add_step(const Compiling *compiling, const FleetNode *host, GPtrArray *steps, GError **error)
{
        g_autoptr(GPtrArray) settings = fleet_settings_texts_new();
        g_autoptr(List) list = compile_host(compiling, host, settings, error);
        if (!list)
                return false;
        const FleetBefore *before = g_hash_table_lookup(compiling->circumstances->before, host->name);
        FleetStep *step = step_new(host->name, choose(before, list), before, settings);
        g_ptr_array_add(steps, step);
        if (step->action == FLEET_KEPT)
                return true;
        list->serial = MAX(last_serial(before) + 1, compiling->now);
        if (list->serial > LIST_SERIAL_MAX)
                return fail(error, LAUTTA_ERROR_CONFLICT,
                            "host '%s': there is no serial after %" G_GINT64_FORMAT, host->name,
                            step->before->serial);
        step->list = g_steal_pointer(&list);
        return true;
}

static int compare_steps(const void *a, const void *b)
{
        const FleetStep *const *left = a, *const *right = b;
        return strcmp((*left)->host, (*right)->host);
}

static void add_removals(const Compiling *compiling, GPtrArray *steps)
{
        g_autoptr(GPtrArray) nothing = g_ptr_array_new();
        g_autoptr(GHashTable) hosts = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < steps->len; i++)
                g_hash_table_add(hosts, ((FleetStep *)steps->pdata[i])->host);
        GHashTableIter iter;
        void *host = NULL, *before = NULL;
        g_hash_table_iter_init(&iter, compiling->circumstances->before);
        while (g_hash_table_iter_next(&iter, &host, &before))
                if (((FleetBefore *)before)->list && !g_hash_table_contains(hosts, host))
                        g_ptr_array_add(steps, step_new(host, FLEET_REMOVED, before, nothing));
        g_ptr_array_sort(steps, compare_steps);
}

GPtrArray *fleet_compile(const Fleet *fleet, const FleetCircumstances *circumstances, GError **error)
{
        g_autoptr(GHashTable) services = index_services(circumstances->entries);
        Compiling compiling = {fleet, circumstances, services,
                               MAX(circumstances->now, circumstances->depot_date)};
        g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(step_free);
        if (!fleet_settings_check(fleet, services, error))
                return NULL;
        for (guint i = 0; i < fleet->hosts->len; i++)
                if (!add_step(&compiling, fleet->hosts->pdata[i], steps, error))
                        return NULL;
        if (fleet->is_whole)
                add_removals(&compiling, steps);
        return g_steal_pointer(&steps);
}
