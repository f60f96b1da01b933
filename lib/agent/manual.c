/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manual.h"

#include <string.h>
#include <sys/stat.h>

#include "launch.h"
#include "debversion.h"
#include "errors.h"
#include "paths.h"
#include "service_record.h"
#include "text.h"

static bool check_name(const char *service, GError **error)
{
        return debian_name_is_valid(service) ||
               fail(error, LAUTTA_ERROR_USAGE, "'%s' is not the name of a service", service);
}

static ServiceClaim *claim(Agent *agent, const char *service, GError **error)
{
        ServiceClaim *made = service_claim_try(agent->states, service);
        if (!made)
                fail(error, LAUTTA_ERROR_TRY_AGAIN, "'%s' is being worked on: try again in a moment",
                     service);
        return made;
}

/* Returns: owned; NULL with NOT_FOUND if there is no record. */
static ServiceRecord *load(const Agent *agent, const char *service, GError **error)
{
        g_autoptr(ServiceRecord) record =
                service_record_load(agent->conf->state_directory, service, NULL, error);
        if (record && !record->asked && !record->current && !record->candidate) {
                fail(error, LAUTTA_ERROR_NOT_FOUND, "there is no service '%s' here", service);
                return NULL;
        }
        return g_steal_pointer(&record);
}

static bool lift(Agent *agent, const char *service, GError **error)
{
        g_autoptr(ServiceRecord) record = load(agent, service, error);
        if (!record)
                return false;
        text_set(&record->halted, NULL);
        text_set(&record->error, NULL);
        g_array_set_size(record->restarts, 0);
        g_ptr_array_set_size(record->bad, 0);
        return service_record_save(agent->conf->state_directory, record, error);
}

bool manual_start(Agent *agent, const char *service, GError **error)
{
        g_autoptr(ServiceClaim) claimed = check_name(service, error) ? claim(agent, service, error) : NULL;
        return claimed && lift(agent, service, error);
}

/* --- down */

bool manual_down(Agent *agent, GError **error)
{
        bool good = true;
        g_autoptr(GPtrArray) domains = agent_domains(agent, error);
        for (guint i = 0; domains && i < domains->len; i++) {
                const VirtDomain *domain = domains->pdata[i];
                good &= launch_stop(agent, domain->service, domain->version, good ? error : NULL);
        }
        Virt *virt = agent_network_driver(agent);
        return domains && good && host_network_apply(agent->network, virt, false, error);
}

/* --- purge */

static bool check_gone(Agent *agent, const char *service, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(ServiceRecord) record = load(agent, service, &why);
        if (record)
                return fail(
                        error, LAUTTA_ERROR_CONFLICT,
                        "'%s' is still wanted here%s: take it from the host's list, or remove its package, first",
                        service, record->listed ? ", by the list" : "");
        if (!error_is(why, LAUTTA_ERROR_NOT_FOUND)) {
                g_propagate_error(error, g_steal_pointer(&why));
                return false;
        }
        g_autoptr(GPtrArray) domains = agent_domains(agent, error);
        if (!domains)
                return false;
        return !domains_find(domains, service, NULL) ||
               fail(error, LAUTTA_ERROR_CONFLICT, "'%s' still runs: it must be removed first", service);
}

static void volume_free(void *data)
{
        OperationVolume *volume = data;
        g_free(volume->name);
        g_free(volume);
}

static int compare_volumes(const void *a, const void *b)
{
        return strcmp((*(OperationVolume *const *)a)->name, (*(OperationVolume *const *)b)->name);
}

static GPtrArray *list_volumes(const Agent *agent, const char *service)
{
        GPtrArray *volumes = g_ptr_array_new_with_free_func(volume_free);
        g_autofree char *path = paths_volumes(agent->conf->state_directory, service);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                struct stat st;
                g_autofree char *file = g_build_filename(path, name, NULL);
                if (!g_str_has_suffix(name, ".raw") || lstat(file, &st) != 0)
                        continue;
                OperationVolume *volume = g_new0(OperationVolume, 1);
                volume->name = g_strndup(name, strlen(name) - 4);
                volume->size_bytes = (uint64_t)st.st_blocks * 512;
                g_ptr_array_add(volumes, volume);
        }
        g_ptr_array_sort(volumes, compare_volumes);
        return volumes;
}

GPtrArray *manual_purge_look(Agent *agent, const char *service, GError **error)
{
        if (!check_name(service, error) || !check_gone(agent, service, error))
                return NULL;
        g_autoptr(GPtrArray) volumes = list_volumes(agent, service);
        if (volumes->len == 0) {
                fail(error, LAUTTA_ERROR_NOT_FOUND, "'%s' has no volumes here", service);
                return NULL;
        }
        return g_steal_pointer(&volumes);
}

bool manual_purge(Agent *agent, const char *service, GError **error)
{
        g_autoptr(ServiceClaim) claimed = check_name(service, error) ? claim(agent, service, error) : NULL;
        g_autoptr(GPtrArray) volumes = claimed ? manual_purge_look(agent, service, error) : NULL;
        return volumes && instance_remove_volumes(&agent->host, service, error);
}
