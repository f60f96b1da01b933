/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_settle.h"

#include <string.h>

#include "errors.h"
#include "fleet_private.h"

static const char *const kind_names[] = {
        [FLEET_MUST] = "must-have", [FLEET_MAY] = "may-have", [FLEET_MAY_NOT] = "may-not-have"};

typedef struct {
        const Fleet *fleet;
        const FleetNode *host;
        FleetTarget *target;
        FleetSetting architecture, valid, interval; /* of the nearest node so far; the text is borrowed */
        unsigned architecture_distance, valid_distance, interval_distance;
} Settling;

void fleet_target_free(FleetTarget *target)
{
        if (!target)
                return;
        g_hash_table_unref(target->settings);
        g_hash_table_unref(target->packages);
        g_hash_table_unref(target->as_container);
        g_free(target);
}

static bool contradict(const Settling *settling, FleetPlace a, const char *a_says, FleetPlace b,
                       const char *b_says, GError **error)
{
        const FleetNode *host = settling->host;
        if (strcmp(a.file, b.file) == 0)
                return fleet_fail(a, error, "%s, but %s:%u: %s (host '%s'): take one of the two out", a_says,
                                  b.file, b.line, b_says, host->name);
        return fleet_fail(
                a, error,
                "%s, but %s:%u: %s (host '%s'): neither is nearer; decide in %s or in a group that extends both",
                a_says, b.file, b.line, b_says, host->name, host->file);
}

static bool contradict_kind(const Settling *settling, const FleetPackage *old, const FleetWish *wish,
                            GError **error)
{
        g_autofree char *a = g_strdup_printf("'%s' is in %s", wish->name, kind_names[old->kind]);
        g_autofree char *b = g_strdup_printf("it is in %s", kind_names[wish->kind]);
        return contradict(settling, old->place, a, wish->place, b, error);
}

/* At the same distance, "must" wins over "may", and both contradict "may not". */
static bool take_kind(const Settling *settling, FleetPackage *old, const FleetWish *wish, unsigned distance,
                      GError **error)
{
        if (old->distance < distance || old->kind == wish->kind)
                return true;
        if (old->kind == FLEET_MAY_NOT || wish->kind == FLEET_MAY_NOT)
                return contradict_kind(settling, old, wish, error);
        old->kind = FLEET_MUST;
        if (wish->kind == FLEET_MUST)
                old->place = wish->place;
        return true;
}

static bool take_version(const Settling *settling, FleetPackage *old, const FleetWish *wish,
                         unsigned distance, GError **error)
{
        if (!wish->version || (old->version && old->version_distance < distance))
                return true;
        if (old->version && strcmp(old->version, wish->version) != 0) {
                g_autofree char *a = g_strdup_printf("'%s' has the version '%s'", wish->name, old->version);
                g_autofree char *b = g_strdup_printf("it has '%s'", wish->version);
                return contradict(settling, old->version_place, a, wish->place, b, error);
        }
        if (!old->version) {
                old->version = wish->version;
                old->version_place = wish->place;
                old->version_distance = distance;
        }
        return true;
}

static FleetPackage *package_of(FleetTarget *target, const char *name, FleetKind kind, FleetPlace place,
                                unsigned distance)
{
        FleetPackage *package = g_hash_table_lookup(target->packages, name);
        if (package)
                return package;
        package = g_new0(FleetPackage, 1);
        *package = (FleetPackage){.name = name, .kind = kind, .place = place, .distance = distance};
        g_hash_table_insert(target->packages, (char *)name, package);
        return package;
}

static bool take_setting(const Settling *settling, const char *name, FleetSetting *old,
                         unsigned *old_distance, const FleetSetting *setting, unsigned distance,
                         GError **error)
{
        if (setting->place.line == 0 || (old->place.line > 0 && *old_distance < distance))
                return true;
        bool same = old->number == setting->number && g_strcmp0(old->text, setting->text) == 0;
        if (old->place.line > 0 && !same) {
                g_autofree char *a = g_strdup_printf("'%s' is given", name);
                return contradict(settling, old->place, a, setting->place, "it is given in another way",
                                  error);
        }
        *old = *setting;
        *old_distance = distance;
        return true;
}

static bool take_settings(Settling *settling, const FleetNode *node, unsigned distance, GError **error)
{
        return take_setting(settling, "architecture", &settling->architecture,
                            &settling->architecture_distance, &node->architecture, distance, error) &&
               take_setting(settling, "valid", &settling->valid, &settling->valid_distance, &node->valid,
                            distance, error) &&
               take_setting(settling, "interval", &settling->interval, &settling->interval_distance,
                            &node->interval, distance, error);
}

static bool take_file(const Settling *settling, const FleetSettingsFile *file, unsigned distance,
                      GError **error)
{
        GHashTable *files = settling->target->settings;
        g_autofree char *key = g_strconcat(file->service, "/", file->name, NULL);
        const FleetNearFile *old = g_hash_table_lookup(files, key);
        if (old && (old->distance < distance || g_bytes_equal(old->file->content, file->content)))
                return true;
        if (old)
                return contradict(settling, old->file->place, "the file is given", file->place,
                                  "it is given in another way", error);
        FleetNearFile *near = g_new0(FleetNearFile, 1);
        *near = (FleetNearFile){file, distance};
        g_hash_table_insert(files, g_steal_pointer(&key), near);
        return true;
}

/* Call it with rising distance. */
static bool take_node(Settling *settling, const FleetNode *node, unsigned distance, GError **error)
{
        for (guint i = 0; i < node->wishes->len; i++) {
                const FleetWish *wish = node->wishes->pdata[i];
                FleetPackage *settled =
                        package_of(settling->target, wish->name, wish->kind, wish->place, distance);
                if (!take_kind(settling, settled, wish, distance, error) ||
                    !take_version(settling, settled, wish, distance, error))
                        return false;
        }
        for (guint i = 0; i < node->as_container->len; i++) {
                const FleetReference *reference = node->as_container->pdata[i];
                g_hash_table_add(settling->target->as_container, reference->name);
        }
        for (guint i = 0; i < node->settings->len; i++)
                if (!take_file(settling, node->settings->pdata[i], distance, error))
                        return false;
        return take_settings(settling, node, distance, error);
}

/* Returns: owned array of each group's distance, 0 if the host is not in it; in the order of Fleet.sorted. */
static unsigned *measure(const Fleet *fleet, const FleetNode *host)
{
        unsigned *distances = g_new0(unsigned, fleet->sorted->len + 1);
        for (guint i = 0; i < host->groups->len; i++) {
                const FleetReference *reference = host->groups->pdata[i];
                const FleetNode *group = g_hash_table_lookup(fleet->groups, reference->name);
                distances[group->depth] = 1;
        }
        for (guint i = 0; i < fleet->sorted->len; i++) {
                const FleetNode *group = fleet->sorted->pdata[i];
                for (guint j = 0; distances[i] > 0 && j < group->groups->len; j++) {
                        const FleetReference *reference = group->groups->pdata[j];
                        const FleetNode *next = g_hash_table_lookup(fleet->groups, reference->name);
                        distances[next->depth] = MAX(distances[next->depth], distances[i] + 1);
                }
        }
        return distances;
}

static bool take_all(Settling *settling, GError **error)
{
        const Fleet *fleet = settling->fleet;
        g_autofree unsigned *distances = measure(fleet, settling->host);
        if (!take_node(settling, settling->host, 0, error))
                return false;
        for (unsigned distance = 1; distance <= FLEET_DEPTH_MAX + 1; distance++)
                for (guint i = 0; i < fleet->sorted->len; i++)
                        if (distances[i] == distance &&
                            !take_node(settling, fleet->sorted->pdata[i], distance, error))
                                return false;
        return true;
}

/* Make the required packages of a must-have service must-have, too. They may not be in may-not-have. */
static bool take_required(const Settling *settling, const FleetService *service, GPtrArray *todo,
                          GError **error)
{
        for (guint i = 0; i < service->requires->len; i++) {
                const FleetReference *required = service->requires->pdata[i];
                FleetPackage *package =
                        package_of(settling->target, required->name, FLEET_MAY, required->place, G_MAXUINT);
                if (package->kind == FLEET_MAY_NOT)
                        return fleet_fail(
                                package->place, error,
                                "'%s' is in may-not-have, but %s:%u: '%s', which host '%s' must have, requires it: take one of the two out",
                                required->name, required->place.file, required->place.line, service->name,
                                settling->host->name);
                if (package->kind == FLEET_MUST)
                        continue;
                package->kind = FLEET_MUST;
                g_ptr_array_add(todo, package);
        }
        return true;
}

static bool take_requirements(const Settling *settling, GError **error)
{
        g_autoptr(GPtrArray) todo = g_ptr_array_new();
        GHashTableIter iter;
        void *value = NULL;
        g_hash_table_iter_init(&iter, settling->target->packages);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                if (((FleetPackage *)value)->kind == FLEET_MUST)
                        g_ptr_array_add(todo, value);
        for (guint i = 0; i < todo->len; i++) {
                const FleetPackage *package = todo->pdata[i];
                const FleetService *service = g_hash_table_lookup(settling->fleet->services, package->name);
                if (service && !take_required(settling, service, todo, error))
                        return false;
        }
        return true;
}

/* Use the version of services/NAME.yaml where no node gives one. */
static void take_service_versions(const Settling *settling)
{
        GHashTableIter iter;
        void *value = NULL;
        g_hash_table_iter_init(&iter, settling->target->packages);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                FleetPackage *package = value;
                const FleetService *service = g_hash_table_lookup(settling->fleet->services, package->name);
                if (!service || package->version)
                        continue;
                package->version = service->version;
                package->version_place = (FleetPlace){service->file, MAX(service->version_line, 1)};
        }
}

FleetTarget *fleet_settle(const Fleet *fleet, const FleetNode *host, GError **error)
{
        g_autoptr(FleetTarget) target = g_new0(FleetTarget, 1);
        target->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        target->packages = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
        target->as_container = g_hash_table_new(g_str_hash, g_str_equal);
        Settling settling = {.fleet = fleet, .host = host, .target = target};
        if (!take_all(&settling, error) || !take_requirements(&settling, error))
                return NULL;
        take_service_versions(&settling);
        target->architecture = settling.architecture.text ? settling.architecture.text : "amd64";
        target->valid_s = settling.valid.number ? settling.valid.number : FLEET_VALID_DEFAULT_S;
        target->interval_s = settling.interval.number;
        return g_steal_pointer(&target);
}
