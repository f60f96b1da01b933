/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apt_protect.h"

#include <string.h>

#include "names.h"

/* linux-image-6.1.0-30-amd64, also as -unsigned, and its modules and headers of the same version. */
static bool is_running_kernel(const char *name, const char *running)
{
        if (!running || !*running || !g_str_has_prefix(name, "linux-"))
                return false;
        const char *found = strstr(name, running);
        const char *end = found ? found + strlen(running) : NULL;
        return found && found > name && found[-1] == '-' && (!*end || strcmp(end, "-unsigned") == 0);
}

static const char *why_protected(const DpkgPackage *package, GHashTable *base, const char *running_kernel)
{
        if (package->essential)
                return "it is essential";
        if (is_running_kernel(package->name, running_kernel))
                return "it is the running kernel";
        if (package_is_vital(package->name))
                return "no host can do without it";
        if (package->standard)
                return "its priority is required or important";
        if (package_is_of_network(package->name))
                return "the network of the host may need it";
        if (package_carries_services(package->name))
                return "services need it";
        if (base && g_hash_table_contains(base, package->name))
                return "it was there before the agent";
        return NULL;
}

typedef struct {
        const DpkgStatus *status;
        GHashTable *why;  /* the result */
        GPtrArray *queue; /* DpkgPackage whose relations are still to be followed */
        bool with_wants;  /* follow Recommends, too */
} Walk;

static void protect(Walk *walk, DpkgPackage *package, char *why)
{
        if (g_hash_table_insert(walk->why, g_strdup(package->name), why))
                g_ptr_array_add(walk->queue, package);
}

static void follow(Walk *walk, const DpkgPackage *from, GHashTable *seen, const GPtrArray *relations)
{
        for (guint i = 0; i < relations->len; i++) {
                for (char **name = g_ptr_array_index(relations, i); *name; name++) {
                        g_autoptr(GPtrArray) found = dpkg_status_satisfying(walk->status, *name);
                        for (guint j = 0; j < found->len; j++) {
                                DpkgPackage *package = g_ptr_array_index(found, j);
                                if (!g_hash_table_add(seen, package))
                                        continue;
                                g_ptr_array_add(walk->queue, package);
                                if (!g_hash_table_contains(walk->why, package->name))
                                        g_hash_table_insert(walk->why, g_strdup(package->name),
                                                            g_strdup_printf("%s needs it", from->name));
                        }
                }
        }
}

/* Protect all packages that those in the queue need, directly or not. */
static void walk_relations(Walk *walk)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
        for (guint i = 0; i < walk->queue->len; i++)
                g_hash_table_add(seen, g_ptr_array_index(walk->queue, i));
        for (guint i = 0; i < walk->queue->len; i++) {
                const DpkgPackage *package = g_ptr_array_index(walk->queue, i);
                follow(walk, package, seen, package->needs);
                if (walk->with_wants)
                        follow(walk, package, seen, package->wants);
        }
        g_ptr_array_set_size(walk->queue, 0);
}

GHashTable *apt_protected(const DpkgStatus *status, GHashTable *base, const char *running_kernel)
{
        g_autoptr(GPtrArray) queue = g_ptr_array_new();
        Walk walk = {status, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free), queue, false};
        for (guint i = 0; i < status->packages->len; i++) {
                DpkgPackage *package = g_ptr_array_index(status->packages, i);
                const char *why = why_protected(package, base, running_kernel);
                if (why)
                        protect(&walk, package, g_strdup(why));
        }
        walk_relations(&walk);

        /* The agent keeps what it recommends, too: libvirt's drivers, a time server. */
        DpkgPackage *agent = g_hash_table_lookup(status->by_name, "lautta-agent");
        walk.with_wants = true;
        if (agent)
                g_ptr_array_add(queue, agent);
        walk_relations(&walk);
        return walk.why;
}
