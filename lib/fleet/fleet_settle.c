/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_settle.h"

#include <string.h>

#include "errors.h"
#include "fleet_private.h"

static const char *const kind_names[] = {
        [WISH_MUST] = "must-have", [WISH_MAY] = "may-have", [WISH_MAY_NOT] = "may-not-have"};

typedef struct {
        const Fleet *fleet;
        const FleetNode *host;
        FleetOrder *order;
        FleetSetting architecture, valid, interval; /* the nearest so far; the text is borrowed */
        unsigned architecture_distance, valid_distance, interval_distance;
} Settling;

void fleet_order_free(FleetOrder *order)
{
        if (!order)
                return;
        g_hash_table_unref(order->settings);
        g_hash_table_unref(order->wishes);
        g_hash_table_unref(order->as_container);
        g_free(order);
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

static bool contradict_kind(const Settling *settling, const FleetWish *old, const Wish *wish, GError **error)
{
        g_autofree char *a = g_strdup_printf("'%s' is in %s", wish->name, kind_names[old->kind]);
        g_autofree char *b = g_strdup_printf("it is in %s", kind_names[wish->kind]);
        return contradict(settling, old->place, a, wish->place, b, error);
}

/* Of the same distance "must" says more than "may", and both are against "may not". */
static bool take_kind(const Settling *settling, FleetWish *old, const Wish *wish, unsigned distance,
                      GError **error)
{
        if (old->distance < distance || old->kind == wish->kind)
                return true;
        if (old->kind == WISH_MAY_NOT || wish->kind == WISH_MAY_NOT)
                return contradict_kind(settling, old, wish, error);
        old->kind = WISH_MUST;
        if (wish->kind == WISH_MUST)
                old->place = wish->place;
        return true;
}

static bool take_version(const Settling *settling, FleetWish *old, const Wish *wish, unsigned distance,
                         GError **error)
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

static FleetWish *wish_of(FleetOrder *order, const char *name, WishKind kind, FleetPlace place,
                          unsigned distance)
{
        FleetWish *wish = g_hash_table_lookup(order->wishes, name);
        if (wish)
                return wish;
        wish = g_new0(FleetWish, 1);
        *wish = (FleetWish){.name = name, .kind = kind, .place = place, .distance = distance};
        g_hash_table_insert(order->wishes, (char *)name, wish);
        return wish;
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
        GHashTable *files = settling->order->settings;
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

/* Nodes come by rising distance. */
static bool take_node(Settling *settling, const FleetNode *node, unsigned distance, GError **error)
{
        for (guint i = 0; i < node->wishes->len; i++) {
                const Wish *wish = node->wishes->pdata[i];
                FleetWish *settled = wish_of(settling->order, wish->name, wish->kind, wish->place, distance);
                if (!take_kind(settling, settled, wish, distance, error) ||
                    !take_version(settling, settled, wish, distance, error))
                        return false;
        }
        for (guint i = 0; i < node->as_container->len; i++) {
                const FleetReference *reference = node->as_container->pdata[i];
                g_hash_table_add(settling->order->as_container, reference->name);
        }
        for (guint i = 0; i < node->settings->len; i++)
                if (!take_file(settling, node->settings->pdata[i], distance, error))
                        return false;
        return take_settings(settling, node, distance, error);
}

/* Each group's distance, 0 for those that the host does not have; groups stand before what they extend. */
static unsigned *measure(const Fleet *fleet, const FleetNode *host)
{
        unsigned *distances = g_new0(unsigned, fleet->sorted->len + 1);
        for (guint i = 0; i < host->groups->len; i++) {
                const FleetReference *reference = host->groups->pdata[i];
                const FleetNode *group = g_hash_table_lookup(fleet->groups, reference->name);
                distances[group->order] = 1;
        }
        for (guint i = 0; i < fleet->sorted->len; i++) {
                const FleetNode *group = fleet->sorted->pdata[i];
                for (guint j = 0; distances[i] > 0 && j < group->groups->len; j++) {
                        const FleetReference *reference = group->groups->pdata[j];
                        const FleetNode *next = g_hash_table_lookup(fleet->groups, reference->name);
                        distances[next->order] = MAX(distances[next->order], distances[i] + 1);
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

/* What must be there brings what it requires; nobody may forbid that. */
static bool take_required(const Settling *settling, const FleetService *service, GPtrArray *todo,
                          GError **error)
{
        for (guint i = 0; i < service->requires->len; i++) {
                const FleetReference *required = service->requires->pdata[i];
                FleetWish *wish =
                        wish_of(settling->order, required->name, WISH_MAY, required->place, G_MAXUINT);
                if (wish->kind == WISH_MAY_NOT)
                        return fleet_fail(
                                wish->place, error,
                                "'%s' is in may-not-have, but %s:%u: '%s', which host '%s' must have, requires it: take one of the two out",
                                required->name, required->place.file, required->place.line, service->name,
                                settling->host->name);
                if (wish->kind == WISH_MUST)
                        continue;
                wish->kind = WISH_MUST;
                g_ptr_array_add(todo, wish);
        }
        return true;
}

static bool take_requirements(const Settling *settling, GError **error)
{
        g_autoptr(GPtrArray) todo = g_ptr_array_new();
        GHashTableIter iter;
        void *value = NULL;
        g_hash_table_iter_init(&iter, settling->order->wishes);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                if (((FleetWish *)value)->kind == WISH_MUST)
                        g_ptr_array_add(todo, value);
        for (guint i = 0; i < todo->len; i++) {
                const FleetWish *wish = todo->pdata[i];
                const FleetService *service = g_hash_table_lookup(settling->fleet->services, wish->name);
                if (service && !take_required(settling, service, todo, error))
                        return false;
        }
        return true;
}

/* The version that services/ gives holds where nobody nearer says one. */
static void take_service_versions(const Settling *settling)
{
        GHashTableIter iter;
        void *value = NULL;
        g_hash_table_iter_init(&iter, settling->order->wishes);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                FleetWish *wish = value;
                const FleetService *service = g_hash_table_lookup(settling->fleet->services, wish->name);
                if (!service || wish->version)
                        continue;
                wish->version = service->version;
                wish->version_place = (FleetPlace){service->file, MAX(service->version_line, 1)};
        }
}

FleetOrder *fleet_settle(const Fleet *fleet, const FleetNode *host, GError **error)
{
        g_autoptr(FleetOrder) order = g_new0(FleetOrder, 1);
        order->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        order->wishes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
        order->as_container = g_hash_table_new(g_str_hash, g_str_equal);
        Settling settling = {.fleet = fleet, .host = host, .order = order};
        if (!take_all(&settling, error) || !take_requirements(&settling, error))
                return NULL;
        take_service_versions(&settling);
        order->architecture = settling.architecture.text ? settling.architecture.text : "amd64";
        order->valid_s = settling.valid.number ? settling.valid.number : FLEET_VALID_DEFAULT_S;
        order->interval_s = settling.interval.number;
        return g_steal_pointer(&order);
}
