/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "package_sources.h"

#include <string.h>
#include <sys/utsname.h>

#include "errors.h"

/* One entry of "depots" in the configuration. */
typedef struct {
        OrdersConf conf; /* with this depot alone */
        char *names[2];
        bool is_tried;
        Remote *remote;
        Depot *depot; /* NULL: not tried yet, or `why` it cannot serve */
        GError *why;
} Source;

struct PackageSources {
        const Orders *orders;
        Source *all;
        guint count;
};

PackageSources *package_sources_new(const OrdersConf *conf, const Orders *orders)
{
        PackageSources *sources = g_new0(PackageSources, 1);
        sources->orders = orders;
        sources->count = conf->depots ? g_strv_length(conf->depots) : 0;
        sources->all = g_new0(Source, sources->count);
        for (guint i = 0; i < sources->count; i++) {
                Source *source = &sources->all[i];
                source->conf = *conf;
                source->names[0] = conf->depots[i];
                source->conf.depots = source->names;
        }
        return sources;
}

void package_sources_free(PackageSources *sources)
{
        if (!sources)
                return;
        for (guint i = 0; i < sources->count; i++) {
                depot_free(sources->all[i].depot);
                remote_free(sources->all[i].remote);
                g_clear_error(&sources->all[i].why);
        }
        g_free(sources->all);
        g_free(sources);
}

static Depot *open_source(PackageSources *sources, Source *source)
{
        if (!source->is_tried)
                source->depot =
                        orders_open_depot(&source->conf, sources->orders, &source->remote, &source->why);
        source->is_tried = true;
        return source->depot;
}

static bool check_digest(const Depot *depot, const PackageEntry *entry, const PackageRef *package,
                         GError **error)
{
        if (!package->sha256 || memcmp(entry->sha256, package->sha256, DIGEST_BYTES) == 0)
                return true;
        g_autofree char *has = digest_to_hex(entry->sha256);
        g_autofree char *wants = digest_to_hex(package->sha256);
        return fail(
                error, LAUTTA_ERROR_UNTRUSTED,
                "the service package of '%s' %s in depot '%s' is not the one that the list means: its SHA-256 is %.16s..., the list has %.16s...",
                package->service, package->version, remote_name(depot_remote(depot)), has, wants);
}

static const PackageEntry *find(const Depot *depot, const PackageRef *package, GError **error)
{
        const PackageEntry *entry =
                depot_find(depot, package->service, package->version, package_sources_architecture(), error);
        return entry && check_digest(depot, entry, package, error) ? entry : NULL;
}

/* One attempt with one depot; `user` belongs to the attempt. */
typedef bool (*Try)(const Depot *depot, const PackageEntry *entry, void *user, GError **error);

static bool try_source(PackageSources *sources, Source *source, const PackageRef *package, Try try,
                       void *user, GError **error)
{
        Depot *depot = open_source(sources, source);
        if (!depot) {
                g_propagate_error(error, g_error_copy(source->why));
                return false;
        }
        const PackageEntry *entry = find(depot, package, error);
        return entry && try(depot, entry, user, error);
}

/* Another depot may have a missing file, but a full disk is the same for each depot. */
static bool try_all(PackageSources *sources, const PackageRef *package, Try try, void *user, GError **error)
{
        g_autoptr(GError) first = NULL;
        for (guint i = 0; i < sources->count; i++) {
                g_autoptr(GError) why = NULL;
                if (try_source(sources, &sources->all[i], package, try, user, &why))
                        return true;
                bool is_final = error_is(why, LAUTTA_ERROR_NO_SPACE) || error_is(why, LAUTTA_ERROR_CONFLICT);
                if (!first || error_is(first, LAUTTA_ERROR_NOT_FOUND)) {
                        g_clear_error(&first);
                        first = g_steal_pointer(&why);
                }
                if (is_final)
                        break;
        }
        if (!first)
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "no depot is configured: set 'depots' in [pull]");
        g_propagate_error(error, g_steal_pointer(&first));
        return false;
}

static bool take_package(const Depot *depot, const PackageEntry *entry, void *user, GError **error)
{
        g_autoptr(ServicePackage) package = depot_read_package(depot, entry, error);
        return package && store_put(user, entry, package, error);
}

bool package_sources_describe(PackageSources *sources, const PackageRef *package, Store *store,
                              GError **error)
{
        return try_all(sources, package, take_package, store, error);
}

static bool save_package(const Depot *depot, const PackageEntry *entry, void *user, GError **error)
{
        return depot_save_package(depot, entry, user, error);
}

bool package_sources_save(PackageSources *sources, const PackageRef *package, const char *path,
                          GError **error)
{
        return try_all(sources, package, save_package, (char *)path, error);
}

typedef struct {
        const FetchRequest *request;
        FetchResult *result;
        uint64_t *bytes_received;
} Taking;

static bool take_image(const Depot *depot, const PackageEntry *entry, void *user, GError **error)
{
        Taking *taking = user;
        uint64_t before = remote_stats(depot_remote(depot)).bytes_received;
        bool good = fetch_from(depot, taking->request, taking->result, error);
        *taking->bytes_received += remote_stats(depot_remote(depot)).bytes_received - before;
        return good;
}

bool package_sources_fetch(PackageSources *sources, const PackageRef *package, const FetchRequest *request,
                           FetchResult *result, uint64_t *bytes_received, GError **error)
{
        Taking taking = {request, result, bytes_received};
        *bytes_received = 0;
        return try_all(sources, package, take_image, &taking, error);
}

/* An unplugged stick is normal and not reported. */
static bool is_absent_stick(const Source *source)
{
        return strchr(source->names[0], '*') && error_is(source->why, LAUTTA_ERROR_TRY_AGAIN);
}

void package_sources_tell(const PackageSources *sources, GPtrArray *notes)
{
        bool serves = false;
        for (guint i = 0; i < sources->count; i++)
                serves |= sources->all[i].depot != NULL;
        for (guint i = 0; serves && i < sources->count; i++) {
                const Source *source = &sources->all[i];
                if (source->why && !is_absent_stick(source))
                        g_ptr_array_add(notes, g_strdup_printf("passed over: %s", source->why->message));
        }
}

const char *package_sources_architecture(void)
{
        static const struct {
                const char *machine, *architecture;
        } known[] = {{"x86_64", "amd64"}, {"aarch64", "arm64"}};
        struct utsname name;
        for (size_t i = 0; uname(&name) == 0 && i < G_N_ELEMENTS(known); i++)
                if (strcmp(name.machine, known[i].machine) == 0)
                        return known[i].architecture;
        return NULL;
}
