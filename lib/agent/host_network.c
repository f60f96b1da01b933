/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host_network.h"

#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "errors.h"
#include "files.h"
#include "paths.h"

enum { NOTE_MAX_BYTES = 4096 };

struct HostNetworkState {
        const AgentConf *conf;
        GMutex lock;
        GHashTable *stored;    /* service to Stored */
        GHashTable *addresses; /* service to dotted text */
        GHashTable *others;    /* set of services that are heard at slot 1 */
        GPtrArray *
                places; /* NetworkService of the last host_network_apply(); `kept` holds their descriptions */
        GPtrArray *kept;
        bool is_half;     /* the last attempt to apply failed on its way */
        bool is_switched; /* host_network_switch() since the last host_network_apply() */
        char *changed;    /* see host_network_take_changed() */
};

HostNetworkState *host_network_new(const AgentConf *conf)
{
        HostNetworkState *network = g_new0(HostNetworkState, 1);
        network->conf = conf;
        g_mutex_init(&network->lock);
        network->stored =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)stored_unref);
        network->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        network->others = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return network;
}

void host_network_free(HostNetworkState *network)
{
        if (!network)
                return;
        g_clear_pointer(&network->places, g_ptr_array_unref);
        g_clear_pointer(&network->kept, g_ptr_array_unref);
        g_hash_table_unref(network->stored);
        g_hash_table_unref(network->addresses);
        g_hash_table_unref(network->others);
        g_free(network->changed);
        g_mutex_clear(&network->lock);
        g_free(network);
}

void host_network_set_conf(HostNetworkState *network, const AgentConf *conf)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        network->conf = conf;
}

void host_network_set(HostNetworkState *network, Stored *stored, const char *address)
{
        const char *service = stored->description->service;
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        g_hash_table_replace(network->stored, g_strdup(service), g_atomic_rc_box_acquire(stored));
        if (address)
                g_hash_table_replace(network->addresses, g_strdup(service), g_strdup(address));
}

void host_network_unset(HostNetworkState *network, const char *service)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        g_hash_table_remove(network->stored, service);
        g_hash_table_remove(network->addresses, service);
        g_hash_table_remove(network->others, service);
}

static void note_slot(HostNetworkState *network, const char *service, unsigned slot)
{
        if (slot)
                g_hash_table_add(network->others, g_strdup(service));
        else
                g_hash_table_remove(network->others, service);
}

void host_network_set_slot(HostNetworkState *network, const char *service, unsigned slot)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        note_slot(network, service, slot);
}

static int compare_stored(const void *a, const void *b)
{
        const Stored *one = *(Stored *const *)a, *other = *(Stored *const *)b;
        return strcmp(one->description->service, other->description->service);
}

/* Returns: owned array of owned Stored. */
static GPtrArray *sort_stored(const HostNetworkState *network)
{
        GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)stored_unref);
        GHashTableIter iter;
        void *stored = NULL;
        g_hash_table_iter_init(&iter, network->stored);
        while (g_hash_table_iter_next(&iter, NULL, &stored))
                g_ptr_array_add(all, g_atomic_rc_box_acquire(stored));
        g_ptr_array_sort(all, compare_stored);
        return all;
}

static GPtrArray *plan_places(HostNetworkState *network, GPtrArray *kept, GError **error)
{
        g_autoptr(GPtrArray) descriptions = g_ptr_array_new();
        for (guint i = 0; i < kept->len; i++)
                g_ptr_array_add(descriptions, ((Stored *)kept->pdata[i])->description);
        GPtrArray *places = network_plan(&network->conf->network, descriptions, network->addresses, error);
        for (guint i = 0; places && i < places->len; i++) {
                NetworkService *place = places->pdata[i];
                place->slot = g_hash_table_contains(network->others, place->service) ? 1 : 0;
                g_hash_table_replace(network->addresses, g_strdup(place->service),
                                     network_address_text(place->address));
        }
        return places;
}

/* Note the applied network in the run directory, which a restart of the machine clears. */
static char *note_path(const HostNetworkState *network)
{
        return paths_network(network->conf->run_directory);
}

static char *fingerprint(const HostNetworkState *network, GPtrArray *places)
{
        g_autofree char *xml = network_xml(&network->conf->network, places);
        g_autofree char *rules = firewall_rules(&network->conf->network, places);
        g_autofree char *both = g_strconcat(xml, rules, NULL);
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(both, strlen(both), digest);
        return digest_to_hex(digest);
}

/* Returns: owned note; NULL: no network is noted as whole. */
static char *read_note(const char *path)
{
        g_autoptr(GBytes) noted = file_read(path, NOTE_MAX_BYTES, NULL);
        return noted ? g_strndup(g_bytes_get_data(noted, NULL), g_bytes_get_size(noted)) : NULL;
}

/* The note is the fingerprint and, on the next lines, the state of the kernel after that was applied. Returns:
 * true if the kernel still does. */
static bool is_in_force(HostNetworkState *network, const char *noted, const char *print, GPtrArray *places)
{
        bool is_applied = false;
        if (!noted || !g_str_has_prefix(noted, print))
                return false;
        g_autofree char *now = network_state(&network->conf->network, places, &is_applied);
        g_autofree char *changed = network_state_difference(noted + strlen(print), now);
        if (!changed)
                return true;
        g_free(network->changed);
        network->changed = g_strdup_printf(
                "another program changed the network of this host (%s): it is set again", changed);
        return false;
}

static bool write_note(const HostNetworkState *network, const char *path, const char *print,
                       GPtrArray *places, GError **error)
{
        bool is_applied = false;
        g_autofree char *now = network_state(&network->conf->network, places, &is_applied);
        g_autofree char *text = g_strdup_printf("%s\n%s", print, now);
        if (!is_applied)
                return fail(error, LAUTTA_ERROR_TRY_AGAIN,
                            "another program removes the firewall's tables, which were set just now");
        return file_write_atomically(path, text, strlen(text), 0644, error);
}

static bool take_down(HostNetworkState *network, Virt *virt, const char *path, GError **error)
{
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
                return true;
        if (!network_apply(virt, &network->conf->network, NULL, error))
                return false;
        return unlink(path) == 0 || fail_errno(error, "cannot remove '%s'", path);
}

static bool apply_places(HostNetworkState *network, Virt *virt, GPtrArray *places, bool renew, GError **error)
{
        g_autofree char *path = note_path(network);
        if (!virt)
                return true;
        if (places->len == 0)
                return take_down(network, virt, path, error);
        g_autofree char *print = fingerprint(network, places);
        g_autofree char *noted = read_note(path);
        if (!renew && is_in_force(network, noted, print, places))
                return true;
        /* If this process is killed half-way, the network is neither the old nor the new one. */
        network->is_half = true;
        if (!file_write_atomically(path, "", 0, 0644, error) ||
            !network_apply(virt, &network->conf->network, places, error) ||
            !write_note(network, path, print, places, error))
                return false;
        network->is_half = false;
        return true;
}

bool host_network_check(HostNetworkState *network, Virt *virt, char **changed, GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        if (!network->places || network->is_switched)
                return true;
        g_autofree char *before = g_steal_pointer(&network->changed);
        bool done = apply_places(network, virt, network->places, network->is_half, error);
        *changed = g_strdup(network->changed);
        if (!network->changed)
                network->changed = g_steal_pointer(&before);
        return done;
}

bool host_network_settle(HostNetworkState *network, Virt *virt, GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        if (!network->places)
                return true;
        network->is_switched = false;
        return apply_places(network, virt, network->places, network->is_half, error);
}

char *host_network_take_changed(HostNetworkState *network)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        return g_steal_pointer(&network->changed);
}

bool host_network_apply(HostNetworkState *network, Virt *virt, bool renew, GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        g_autoptr(GPtrArray) kept = sort_stored(network);
        g_autoptr(GPtrArray) places = plan_places(network, kept, error);
        if (!places || !apply_places(network, virt, places, renew, error))
                return false;
        g_clear_pointer(&network->places, g_ptr_array_unref);
        g_clear_pointer(&network->kept, g_ptr_array_unref);
        network->places = g_steal_pointer(&places);
        network->is_switched = false;
        network->kept = g_steal_pointer(&kept);
        return true;
}

static NetworkService *find_place(const HostNetworkState *network, const char *service)
{
        for (guint i = 0; network->places && i < network->places->len; i++) {
                NetworkService *place = network->places->pdata[i];
                if (strcmp(place->service, service) == 0)
                        return place;
        }
        return NULL;
}

/* The applied network is then neither the old nor the new one: the version at the other slot is still heard. */
static bool switch_place(HostNetworkState *network, NetworkService *place, GError **error)
{
        g_autofree char *path = note_path(network);
        if (!file_write_atomically(path, "", 0, 0644, error))
                return false;
        place->slot = !place->slot;
        network->is_switched = true;
        if (network_switch(&network->conf->network, network->places, error))
                return true;
        place->slot = !place->slot;
        return false;
}

bool host_network_switch(HostNetworkState *network, const char *service, GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        NetworkService *place = find_place(network, service);
        if (!place)
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "'%s' has no place on the network", service);
        if (!switch_place(network, place, error))
                return false;
        note_slot(network, service, place->slot);
        return true;
}

NetworkService *host_network_place(HostNetworkState *network, const char *service)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&network->lock);
        const NetworkService *place = find_place(network, service);
        if (!place)
                return NULL;
        NetworkService *copy = g_memdup2(place, sizeof *place);
        copy->service = g_strdup(place->service);
        return copy;
}

char *host_network_address(HostNetworkState *network, const char *service)
{
        g_autoptr(NetworkService) place = host_network_place(network, service);
        return place ? network_address_text(place->address) : NULL;
}
