/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_states.h"
#include "text.h"

#include <string.h>

typedef struct {
        char *version;
        ServiceState state;
        int64_t since;
        char *error;
        bool is_checked; /* `trouble` is the result of the last check */
        char *trouble;
        unsigned restarts;
        char *fetching;   /* version; or NULL */
        const char *part; /* of the fetch; constant */
        uint64_t total_bytes, done_bytes;
} Entry;

struct ServiceStates {
        GMutex lock;
        GCond released;
        GHashTable *entries; /* service to Entry */
        GHashTable *claims;  /* set of services */
};

static void entry_free(void *data)
{
        Entry *entry = data;
        g_free(entry->version);
        g_free(entry->error);
        g_free(entry->trouble);
        g_free(entry->fetching);
        g_free(entry);
}

ServiceStates *service_states_new(void)
{
        ServiceStates *states = g_new0(ServiceStates, 1);
        g_mutex_init(&states->lock);
        g_cond_init(&states->released);
        states->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
        states->claims = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return states;
}

void service_states_free(ServiceStates *states)
{
        if (!states)
                return;
        g_hash_table_unref(states->entries);
        g_hash_table_unref(states->claims);
        g_cond_clear(&states->released);
        g_mutex_clear(&states->lock);
        g_free(states);
}

void service_states_claim(ServiceStates *states, const char *service)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        while (g_hash_table_contains(states->claims, service))
                g_cond_wait(&states->released, &states->lock);
        g_hash_table_add(states->claims, g_strdup(service));
}

bool service_states_try_claim(ServiceStates *states, const char *service)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        if (g_hash_table_contains(states->claims, service))
                return false;
        g_hash_table_add(states->claims, g_strdup(service));
        return true;
}

void service_states_release(ServiceStates *states, const char *service)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        g_hash_table_remove(states->claims, service);
        g_cond_broadcast(&states->released);
}

struct ServiceClaim {
        ServiceStates *states;
        char *service;
};

static ServiceClaim *claim_of(ServiceStates *states, const char *service)
{
        ServiceClaim *claim = g_new0(ServiceClaim, 1);
        claim->states = states;
        claim->service = g_strdup(service);
        return claim;
}

ServiceClaim *service_claim_new(ServiceStates *states, const char *service)
{
        service_states_claim(states, service);
        return claim_of(states, service);
}

ServiceClaim *service_claim_try(ServiceStates *states, const char *service)
{
        return service_states_try_claim(states, service) ? claim_of(states, service) : NULL;
}

void service_claim_free(ServiceClaim *claim)
{
        if (!claim)
                return;
        service_states_release(claim->states, claim->service);
        g_free(claim->service);
        g_free(claim);
}

bool service_states_is_claimed(ServiceStates *states)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        return g_hash_table_size(states->claims) > 0;
}

/* With the lock held. */
static Entry *get(ServiceStates *states, const char *service)
{
        Entry *entry = g_hash_table_lookup(states->entries, service);
        if (!entry) {
                entry = g_new0(Entry, 1);
                entry->since = g_get_real_time() / G_USEC_PER_SEC;
                g_hash_table_insert(states->entries, g_strdup(service), entry);
        }
        return entry;
}

void service_states_set(ServiceStates *states, const char *service, const char *version, ServiceState state,
                        const char *error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        Entry *entry = get(states, service);
        if (entry->state != state || g_strcmp0(entry->version, version) != 0) {
                entry->since = g_get_real_time() / G_USEC_PER_SEC;
                entry->is_checked = false;
        }
        entry->state = state;
        text_set(&entry->version, version);
        text_set(&entry->error, error);
}

void service_states_set_since(ServiceStates *states, const char *service, int64_t since)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        get(states, service)->since = since;
}

void service_states_set_health(ServiceStates *states, const char *service, const char *trouble)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        Entry *entry = get(states, service);
        entry->is_checked = true;
        text_set(&entry->trouble, trouble);
}

void service_states_set_restarts(ServiceStates *states, const char *service, unsigned restarts)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        get(states, service)->restarts = restarts;
}

void service_states_remove(ServiceStates *states, const char *service)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        g_hash_table_remove(states->entries, service);
}

/* --- fetching */

typedef struct {
        Progress progress;
        ServiceStates *states;
        char *service;
        Progress *next;
} FetchProgress;

static void fetch_begin(Progress *progress, const char *what, uint64_t total_bytes)
{
        FetchProgress *fetch = (FetchProgress *)progress;
        g_mutex_lock(&fetch->states->lock);
        Entry *entry = get(fetch->states, fetch->service);
        entry->part = what;
        entry->total_bytes = total_bytes;
        entry->done_bytes = 0;
        g_mutex_unlock(&fetch->states->lock);
        progress_begin(fetch->next, what, total_bytes);
}

static void fetch_add(Progress *progress, const char *source, uint64_t bytes)
{
        FetchProgress *fetch = (FetchProgress *)progress;
        g_mutex_lock(&fetch->states->lock);
        get(fetch->states, fetch->service)->done_bytes += bytes;
        g_mutex_unlock(&fetch->states->lock);
        progress_add(fetch->next, source, bytes);
}

static void fetch_end(Progress *progress)
{
        progress_end(((FetchProgress *)progress)->next);
}

static void set_fetching(ServiceStates *states, const char *service, const char *version)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        Entry *entry = get(states, service);
        text_set(&entry->fetching, version);
        entry->part = NULL;
        entry->total_bytes = entry->done_bytes = 0;
}

Progress *service_states_progress_new(ServiceStates *states, const char *service, const char *version,
                                      Progress *next)
{
        FetchProgress *fetch = g_new0(FetchProgress, 1);
        fetch->progress = (Progress){fetch_begin, fetch_add, fetch_end};
        fetch->states = states;
        fetch->service = g_strdup(service);
        fetch->next = next;
        set_fetching(states, service, version);
        return &fetch->progress;
}

void service_states_progress_free(Progress *progress)
{
        FetchProgress *fetch = (FetchProgress *)progress;
        set_fetching(fetch->states, fetch->service, NULL);
        g_free(fetch->service);
        g_free(fetch);
}

/* --- for others to see */

static void fill(const Entry *entry, ServiceStatus *service)
{
        /* Nothing runs, and the first version of it is on its way. */
        bool only_fetches =
                entry->fetching && (entry->state == SERVICE_STOPPED || entry->state == SERVICE_FAILED);
        HealthState checked = entry->trouble ? HEALTH_STATE_UNHEALTHY : HEALTH_STATE_HEALTHY;
        text_set(&service->version, entry->version);
        service->state = only_fetches ? SERVICE_FETCHING : entry->state;
        service->since = entry->since;
        text_set(&service->error, entry->error);
        service->restarts = entry->restarts;
        service->health = entry->is_checked ? checked : HEALTH_STATE_UNKNOWN;
        text_set(&service->trouble, entry->is_checked ? entry->trouble : NULL);
        text_set(&service->fetching, entry->fetching);
        text_set(&service->part, entry->part);
        service->fetched_bytes = entry->done_bytes;
        service->fetch_bytes = entry->total_bytes;
}

void service_states_fill(ServiceStates *states, HostStatus *status)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&states->lock);
        GHashTableIter iter;
        void *service = NULL, *entry = NULL;
        g_hash_table_iter_init(&iter, states->entries);
        while (g_hash_table_iter_next(&iter, &service, &entry))
                fill(entry, host_status_service(status, service));
}
