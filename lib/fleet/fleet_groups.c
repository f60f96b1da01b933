/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errors.h"
#include "fleet_private.h"

/* A walk along "extends". */
typedef struct {
        Fleet *fleet;
        GHashTable *done;
        GPtrArray *path;  /* FleetNode from the first group to the current one */
        GPtrArray *names; /* FleetReference from each node of the path to the next */
} Walk;

static FleetNode *find_group(const Fleet *fleet, const FleetReference *reference, GError **error)
{
        FleetNode *group = g_hash_table_lookup(fleet->groups, reference->name);
        if (!group)
                fleet_fail(reference->place, error, "there is no group '%s': groups/%s.yaml is missing",
                           reference->name, reference->name);
        return group;
}

/* Fail because the last reference leads back to `group` on the path. */
static bool fail_cycle(const Walk *walk, const FleetNode *group, GError **error)
{
        guint first = 0;
        g_ptr_array_find(walk->path, group, &first);
        g_autoptr(GString) round = g_string_new(NULL);
        for (guint i = first; i < walk->names->len; i++) {
                const FleetReference *reference = walk->names->pdata[i];
                g_string_append_printf(round, "%s%s:%u names '%s'", i > first ? ", " : "",
                                       reference->place.file, reference->place.line, reference->name);
        }
        const FleetReference *begin = walk->names->pdata[first];
        return fleet_fail(begin->place, error, "groups extend each other in a circle: %s", round->str);
}

static bool visit(Walk *walk, FleetNode *group, GError **error)
{
        if (g_ptr_array_find(walk->path, group, NULL))
                return fail_cycle(walk, group, error);
        if (!g_hash_table_add(walk->done, group))
                return true;
        g_ptr_array_add(walk->path, group);
        if (walk->path->len > FLEET_DEPTH_MAX)
                return fleet_fail((FleetPlace){group->file, 1}, error,
                                  "groups extend each other more than %d levels deep", FLEET_DEPTH_MAX);
        for (guint i = 0; i < group->groups->len; i++) {
                FleetReference *reference = group->groups->pdata[i];
                FleetNode *next = find_group(walk->fleet, reference, error);
                g_ptr_array_add(walk->names, reference);
                if (!next || !visit(walk, next, error))
                        return false;
                g_ptr_array_set_size(walk->names, (gint)walk->names->len - 1);
        }
        g_ptr_array_set_size(walk->path, (gint)walk->path->len - 1);
        g_ptr_array_insert(walk->fleet->sorted, 0, group); /* before all that it extends */
        return true;
}

static bool check_hosts(const Fleet *fleet, GError **error)
{
        for (guint i = 0; i < fleet->hosts->len; i++) {
                const FleetNode *host = fleet->hosts->pdata[i];
                for (guint j = 0; j < host->groups->len; j++)
                        if (!find_group(fleet, host->groups->pdata[j], error))
                                return false;
        }
        return true;
}

bool fleet_sort_groups(Fleet *fleet, GError **error)
{
        g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
        g_autoptr(GPtrArray) path = g_ptr_array_new();
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autoptr(GList) all = g_hash_table_get_keys(fleet->groups);
        all = g_list_sort(all, (GCompareFunc)g_strcmp0); /* the same circle is named each time */
        Walk walk = {fleet, done, path, names};
        for (GList *one = all; one; one = one->next)
                if (!visit(&walk, g_hash_table_lookup(fleet->groups, one->data), error))
                        return false;
        for (guint i = 0; i < fleet->sorted->len; i++)
                ((FleetNode *)fleet->sorted->pdata[i])->depth = i;
        return check_hosts(fleet, error);
}
