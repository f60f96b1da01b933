/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_pins.h"

#include <string.h>

#include "errors.h"
#include "files.h"
#include "fleet_lists.h"
#include "keys.h"
#include "layout.h"
#include "list_open.h"
#include "packages.h"
#include "signature.h"
#include "workers.h"

/* The list of one host. */
typedef struct {
        char *host;
        char *why; /* reason why the list cannot be read; or NULL */
        bool pins;
} Found;

static void found_free(void *data)
{
        Found *found = data;
        g_free(found->host);
        g_free(found->why);
        g_free(found);
}

typedef struct {
        const char *depot;
        const char *keyring;
        const GPtrArray *packages;
        GPtrArray *found; /* Found, sorted */
} Reading;

void fleet_pins_free(FleetPins *pins)
{
        if (!pins)
                return;
        g_ptr_array_unref(pins->hosts);
        g_ptr_array_unref(pins->unread);
        g_free(pins);
}

static bool pins_any(const List *list, const GPtrArray *packages)
{
        for (guint i = 0; i < packages->len; i++) {
                const PackageEntry *entry = packages->pdata[i];
                const ListService *service = list_service(list, entry->service);
                if (service && memcmp(service->sha256, entry->sha256, DIGEST_BYTES) == 0)
                        return true;
        }
        return false;
}

static bool read_one(const Reading *reading, Found *found, GError **error)
{
        g_autofree char *path = fleet_list_path(reading->depot, found->host);
        g_autoptr(GBytes) message = file_read(path, SIGNATURE_MESSAGE_MAX_BYTES, error);
        g_autoptr(List) list =
                message ? list_open(message, "its list", reading->keyring, NULL, NULL, NULL, error) : NULL;
        if (!list)
                return false;
        if (strcmp(list->host, found->host) != 0)
                return fail(error, LAUTTA_ERROR_UNTRUSTED, "its list is that of host '%s'", list->host);
        found->pins = pins_any(list, reading->packages);
        return true;
}

/* A list that cannot be read for any reason may pin the packages. */
static bool read_some(void *user, size_t first, size_t count, GError **error)
{
        const Reading *reading = user;
        for (size_t i = first; i < first + count; i++) {
                g_autoptr(GError) why = NULL;
                Found *found = reading->found->pdata[i];
                if (!found->why && !read_one(reading, found, &why))
                        found->why = g_strdup(why->message);
        }
        return true;
}

static int compare_found(const void *a, const void *b)
{
        const Found *const *one = a, *const *other = b;
        return strcmp((*one)->host, (*other)->host);
}

static void add_found(GPtrArray *found, const char *host, const char *why)
{
        Found *one = g_new0(Found, 1);
        *one = (Found){.host = g_strdup(host), .why = g_strdup(why)};
        g_ptr_array_add(found, one);
}

/* Returns: owned array of Found. */
static GPtrArray *find_lists(const char *depot)
{
        g_autofree char *path = g_build_filename(depot, LAYOUT_LISTS, NULL);
        GPtrArray *found = g_ptr_array_new_with_free_func(found_free);
        g_autoptr(GError) why = NULL;
        g_autoptr(GDir) directory = g_dir_open(path, 0, &why);
        if (!directory && !g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                add_found(found, "any host", why->message);
        for (const char *name; directory && (name = g_dir_read_name(directory));) {
                g_autofree char *host = fleet_list_host(name);
                if (host)
                        add_found(found, host, NULL);
        }
        g_ptr_array_sort(found, compare_found);
        return found;
}

FleetPins *fleet_pins_find(const char *depot, const GPtrArray *packages)
{
        g_autofree char *keyring = keys_public_path("lists");
        g_autoptr(GPtrArray) found = find_lists(depot);
        Reading reading = {depot, keyring, packages, found};
        workers_run(found->len, 4, read_some, &reading, NULL);
        FleetPins *pins = g_new0(FleetPins, 1);
        pins->hosts = g_ptr_array_new_with_free_func(g_free);
        pins->unread = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < found->len; i++) {
                const Found *one = found->pdata[i];
                if (one->why)
                        g_ptr_array_add(pins->unread, g_strdup_printf("%s: %s", one->host, one->why));
                else if (one->pins)
                        g_ptr_array_add(pins->hosts, g_strdup(one->host));
        }
        return pins;
}
