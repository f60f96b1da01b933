/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inventory.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "paths.h"
#include "plan_input.h"
#include "process_limit.h"
#include "text.h"

void inventory_free(Inventory *inventory)
{
        if (!inventory)
                return;
        g_clear_pointer(&inventory->records, g_hash_table_unref);
        g_clear_pointer(&inventory->domains, g_ptr_array_unref);
        g_clear_pointer(&inventory->kept, g_ptr_array_unref);
        g_clear_pointer(&inventory->notes, g_ptr_array_unref);
        g_free(inventory);
}

/* Ask libvirt for the running version of a service whose record was torn. */
static bool heal(const Agent *agent, Inventory *inventory, ServiceRecord *record, GError **error)
{
        const VirtDomain *domain = domains_find(inventory->domains, record->service, NULL);
        if (!domain)
                return true;
        g_autofree char *address = host_network_address(agent->network, record->service);
        text_set(&record->current, domain->version);
        text_set(&record->address, address);
        return service_record_save(agent->conf->state_directory, record, error);
}

static bool look_at_record(const Agent *agent, Inventory *inventory, const char *service, bool only_look,
                           GError **error)
{
        g_autofree char *torn = NULL;
        g_autoptr(ServiceRecord) record =
                service_record_load(agent->conf->state_directory, service, only_look ? NULL : &torn, error);
        if (!record || (torn && !heal(agent, inventory, record, error)))
                return false;
        if (torn)
                g_ptr_array_add(inventory->notes, g_steal_pointer(&torn));
        g_hash_table_replace(inventory->records, g_strdup(service), g_steal_pointer(&record));
        return true;
}

static bool look_at_records(const Agent *agent, Inventory *inventory, bool only_look, GError **error)
{
        g_autoptr(GPtrArray) names = service_record_names(agent->conf->state_directory, error);
        for (guint i = 0; names && i < names->len; i++)
                if (!look_at_record(agent, inventory, names->pdata[i], only_look, error))
                        return false;
        return names != NULL;
}

/* Containers of a host that cannot limit processes run without the limit. */
static void note_missing_limit(const Agent *agent, Inventory *inventory)
{
        g_autoptr(GError) why = NULL;
        if (agent->containers && !process_limit_check(&why))
                g_ptr_array_add(inventory->notes, g_strdup(why->message));
}

Inventory *inventory_look(Agent *agent, bool only_look, GError **error)
{
        g_autoptr(Inventory) inventory = g_new0(Inventory, 1);
        inventory->records =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)service_record_free);
        inventory->notes = g_ptr_array_new_with_free_func(g_free);
        inventory->domains = agent_domains(agent, error);
        if (!inventory->domains || !look_at_records(agent, inventory, only_look, error))
                return NULL;
        note_missing_limit(agent, inventory);
        inventory->kept = store_list(agent->store, error);
        return inventory->kept ? g_steal_pointer(&inventory) : NULL;
}

/* --- as a plan has to know it */

typedef struct {
        const Agent *agent;
        const Inventory *inventory;
        const List *list;
        GHashTable *asked;
        Have *have;
        GHashTable *by_name; /* service to HaveService of `have` */
} Making;

static HaveService *get(const Making *making, const char *service)
{
        HaveService *one = g_hash_table_lookup(making->by_name, service);
        if (!one) {
                one = have_service_new(service);
                g_hash_table_insert(making->by_name, one->service, one);
                g_ptr_array_add(making->have->services, one);
        }
        return one;
}

static PlanVersion *load(const Making *making, const char *service, const char *version)
{
        return version ? plan_input_load_version(making->agent, service, version, making->list) : NULL;
}

static bool is_halted(const Making *making, const ServiceRecord *record)
{
        const char *asked = making->asked ? g_hash_table_lookup(making->asked, record->service) : NULL;
        return record->halted && (!asked || strcmp(asked, record->halted) == 0);
}

static void add_record(const Making *making, const ServiceRecord *record)
{
        HaveService *one = get(making, record->service);
        one->current = load(making, record->service, record->current);
        one->previous = load(making, record->service, record->previous);
        one->candidate = load(making, record->service, record->candidate);
        one->halted = is_halted(making, record);
        for (guint i = 0; i < record->bad->len; i++) {
                const BadVersion *bad = record->bad->pdata[i];
                have_service_add_bad(one, bad->version, bad->serial);
        }
}

static void add_volumes(const Making *making, HaveService *one)
{
        g_autofree char *path = paths_volumes(making->agent->conf->state_directory, one->service);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                struct stat st;
                g_autofree char *file = g_build_filename(path, name, NULL);
                g_autofree char *volume =
                        g_str_has_suffix(name, ".raw") ? g_strndup(name, strlen(name) - 4) : NULL;
                if (volume && stat(file, &st) == 0)
                        have_service_add_volume(one, volume, (uint64_t)st.st_size);
        }
}

/* Of two running versions, the current one counts. */
static void add_domain(const Making *making, const VirtDomain *domain)
{
        HaveService *one = get(making, domain->service);
        bool is_current = one->current && strcmp(one->current->version, domain->version) == 0;
        if (!one->running || is_current) {
                g_free(one->beside);
                one->beside = one->running;
                one->running = g_strdup(domain->version);
        } else if (!one->beside) {
                one->beside = g_strdup(domain->version);
        }
}

static void fill(const Making *making)
{
        GHashTableIter iter;
        void *record = NULL;
        g_hash_table_iter_init(&iter, making->inventory->records);
        while (g_hash_table_iter_next(&iter, NULL, &record))
                add_record(making, record);
        for (guint i = 0; i < making->inventory->kept->len; i++) {
                const StoreKept *kept = making->inventory->kept->pdata[i];
                have_service_add_version(get(making, kept->service), kept->version, kept->disk_bytes);
        }
        for (guint i = 0; i < making->inventory->domains->len; i++)
                add_domain(making, making->inventory->domains->pdata[i]);
        for (guint i = 0; i < making->have->services->len; i++)
                add_volumes(making, making->have->services->pdata[i]);
}

static uint64_t memory_for_services(const Agent *agent)
{
        long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
        uint64_t all = pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : 0;
        uint64_t reserve = agent->conf->memory_reserve_bytes;
        return all > reserve ? all - reserve : 0;
}

Have *inventory_have(const Agent *agent, const Inventory *inventory, const List *list, GHashTable *asked,
                     GError **error)
{
        g_autoptr(Have) have = have_new();
        g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
        Making making = {agent, inventory, list, asked, have, by_name};
        if (!disk_free_bytes(agent->conf->state_directory, &have->disk_free_bytes, error))
                return NULL;
        fill(&making);
        have->memory_bytes = memory_for_services(agent);
        have->runs_containers = agent->containers != NULL;
        have->runs_machines = agent->machines != NULL;
        return g_steal_pointer(&have);
}
