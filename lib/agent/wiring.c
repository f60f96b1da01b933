/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wiring.h"

#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "errors.h"
#include "files.h"

enum { FINGERPRINT_MAX_BYTES = 256 };

struct Wiring {
        const AgentConf *conf;
        GMutex lock;
        GHashTable *stored;    /* service to Stored */
        GHashTable *addresses; /* service to dotted text */
        GHashTable *others;    /* set of services that are heard at slot 1 */
        GPtrArray *places; /* NetworkService, of the last wiring_apply(); their descriptions are in `kept` */
        GPtrArray *kept;
};

Wiring *wiring_new(const AgentConf *conf)
{
        Wiring *wiring = g_new0(Wiring, 1);
        wiring->conf = conf;
        g_mutex_init(&wiring->lock);
        wiring->stored = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)stored_unref);
        wiring->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        wiring->others = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return wiring;
}

void wiring_free(Wiring *wiring)
{
        if (!wiring)
                return;
        g_clear_pointer(&wiring->places, g_ptr_array_unref);
        g_clear_pointer(&wiring->kept, g_ptr_array_unref);
        g_hash_table_unref(wiring->stored);
        g_hash_table_unref(wiring->addresses);
        g_hash_table_unref(wiring->others);
        g_mutex_clear(&wiring->lock);
        g_free(wiring);
}

void wiring_set_conf(Wiring *wiring, const AgentConf *conf)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wiring->lock);
        wiring->conf = conf;
}

void wiring_set(Wiring *wiring, Stored *stored, const char *address)
{
        const char *service = stored->description->service;
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wiring->lock);
        g_hash_table_replace(wiring->stored, g_strdup(service), g_atomic_rc_box_acquire(stored));
        if (address)
                g_hash_table_replace(wiring->addresses, g_strdup(service), g_strdup(address));
}

void wiring_unset(Wiring *wiring, const char *service)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wiring->lock);
        g_hash_table_remove(wiring->stored, service);
        g_hash_table_remove(wiring->addresses, service);
        g_hash_table_remove(wiring->others, service);
}

static void note_slot(Wiring *wiring, const char *service, unsigned slot)
{
        if (slot)
                g_hash_table_add(wiring->others, g_strdup(service));
        else
                g_hash_table_remove(wiring->others, service);
}

void wiring_set_slot(Wiring *wiring, const char *service, unsigned slot)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wiring->lock);
        note_slot(wiring, service, slot);
}

static int compare_stored(const void *a, const void *b)
{
        const Stored *one = *(Stored *const *)a, *other = *(Stored *const *)b;
        return strcmp(one->description->service, other->description->service);
}

/* Returns: owned array of owned Stored. */
static GPtrArray *sort_stored(const Wiring *wiring)
{
        GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)stored_unref);
        GHashTableIter iter;
        void *stored = NULL;
        g_hash_table_iter_init(&iter, wiring->stored);
        while (g_hash_table_iter_next(&iter, NULL, &stored))
                g_ptr_array_add(all, g_atomic_rc_box_acquire(stored));
        g_ptr_array_sort(all, compare_stored);
        return all;
}

static GPtrArray *plan_places(Wiring *wiring, GPtrArray *kept, GError **error)
{
        g_autoptr(GPtrArray) descriptions = g_ptr_array_new();
        for (guint i = 0; i < kept->len; i++)
                g_ptr_array_add(descriptions, ((Stored *)kept->pdata[i])->description);
        GPtrArray *places = network_plan(&wiring->conf->network, descriptions, wiring->addresses, error);
        for (guint i = 0; places && i < places->len; i++) {
                NetworkService *place = places->pdata[i];
                place->slot = g_hash_table_contains(wiring->others, place->service) ? 1 : 0;
                g_hash_table_replace(wiring->addresses, g_strdup(place->service),
                                     network_address_text(place->address));
        }
        return places;
}

/* What is applied is noted where a restart of the machine clears it. */
static char *note_path(const Wiring *wiring)
{
        return g_build_filename(wiring->conf->run_directory, "network", NULL);
}

static char *fingerprint(const Wiring *wiring, GPtrArray *places)
{
        g_autofree char *xml = network_xml(&wiring->conf->network, places);
        g_autofree char *rules = firewall_rules(&wiring->conf->network, places);
        g_autofree char *both = g_strconcat(xml, rules, NULL);
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(both, strlen(both), digest);
        return digest_to_hex(digest);
}

static bool is_noted(const char *path, const char *print)
{
        g_autoptr(GBytes) noted = file_read(path, FINGERPRINT_MAX_BYTES, NULL);
        return noted && g_bytes_get_size(noted) == strlen(print) &&
               memcmp(g_bytes_get_data(noted, NULL), print, strlen(print)) == 0;
}

static bool apply_places(Wiring *wiring, Virt *virt, GPtrArray *places, bool renew, GError **error)
{
        g_autofree char *path = note_path(wiring);
        if (!virt)
                return true;
        if (places->len == 0) {
                if (!g_file_test(path, G_FILE_TEST_EXISTS))
                        return true;
                if (!network_apply(virt, &wiring->conf->network, NULL, error))
                        return false;
                return unlink(path) == 0 || fail_errno(error, "cannot remove '%s'", path);
        }
        g_autofree char *print = fingerprint(wiring, places);
        if (!renew && is_noted(path, print))
                return true;
        /* Half of it may be done when this process is killed: then it is neither the old nor the new. */
        return file_write_atomically(path, "", 0, 0644, error) &&
               network_apply(virt, &wiring->conf->network, places, error) &&
               file_write_atomically(path, print, strlen(print), 0644, error);
}

bool wiring_apply(Wiring *wiring, Virt *virt, bool renew, GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wiring->lock);
        g_autoptr(GPtrArray) kept = sort_stored(wiring);
        g_autoptr(GPtrArray) places = plan_places(wiring, kept, error);
        if (!places || !apply_places(wiring, virt, places, renew, error))
                return false;
        g_clear_pointer(&wiring->places, g_ptr_array_unref);
        g_clear_pointer(&wiring->kept, g_ptr_array_unref);
        wiring->places = g_steal_pointer(&places);
        wiring->kept = g_steal_pointer(&kept);
        return true;
}

static NetworkService *find_place(const Wiring *wiring, const char *service)
{
        for (guint i = 0; wiring->places && i < wiring->places->len; i++) {
                NetworkService *place = wiring->places->pdata[i];
                if (strcmp(place->service, service) == 0)
                        return place;
        }
        return NULL;
}

/* What is applied then is neither the old nor the new: the version at the other slot is still heard. */
static bool switch_place(const Wiring *wiring, NetworkService *place, GError **error)
{
        g_autofree char *path = note_path(wiring);
        if (!file_write_atomically(path, "", 0, 0644, error))
                return false;
        place->slot = !place->slot;
        if (network_switch(&wiring->conf->network, wiring->places, error))
                return true;
        place->slot = !place->slot;
        return false;
}

bool wiring_switch(Wiring *wiring, const char *service, GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wiring->lock);
        NetworkService *place = find_place(wiring, service);
        if (!place)
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "'%s' has no place on the network", service);
        if (!switch_place(wiring, place, error))
                return false;
        note_slot(wiring, service, place->slot);
        return true;
}

NetworkService *wiring_place(Wiring *wiring, const char *service)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wiring->lock);
        const NetworkService *place = find_place(wiring, service);
        if (!place)
                return NULL;
        NetworkService *copy = g_memdup2(place, sizeof *place);
        copy->service = g_strdup(place->service);
        return copy;
}

char *wiring_address(Wiring *wiring, const char *service)
{
        NetworkService *place = wiring_place(wiring, service);
        char *text = place ? network_address_text(place->address) : NULL;
        network_service_free(place);
        return text;
}
