/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps that start nothing: fetching, stopping, removing. */
#include "apply_steps.h"

#include <string.h>

#include "conf_orders.h"
#include "launch.h"
#include "errors.h"
#include "files.h"
#include "service_record.h"
#include "settings_store.h"
#include "text.h"

/* --- fetch: running versions are not touched, and no service is claimed */

/* Returns: owned array of owned paths of the images that may have most of it, NULL-terminated. */
static GPtrArray *find_seeds(const Agent *agent, const Step *step)
{
        g_autoptr(ServiceRecord) record =
                service_record_load(agent->conf->state_directory, step->service, NULL, NULL);
        GPtrArray *seeds = g_ptr_array_new_with_free_func(g_free);
        const char *const versions[] = {record ? record->current : NULL, record ? record->previous : NULL};
        for (size_t i = 0; i < G_N_ELEMENTS(versions); i++)
                if (versions[i] && strcmp(versions[i], step->version) != 0 &&
                    store_is_fetched(agent->store, step->service, versions[i]))
                        g_ptr_array_add(seeds, store_image(agent->store, step->service, versions[i]));
        g_ptr_array_add(seeds, NULL);
        return seeds;
}

static bool fetch_image(StepRun *run, const Stored *stored, FetchRequest *request, GError **error)
{
        const Step *step = run->step;
        g_auto(FetchResult) result = {0};
        /* The service package of the description has the digest of the list. */
        PackageRef target = {step->service, step->version, stored->sha256};
        if (!package_sources_fetch(run->apply->sources, &target, request, &result, &run->outcome->bytes,
                                   error))
                return false;
        run->outcome->reused = result.content.present_bytes + result.content.seed_bytes;
        if (result.note)
                agent_tell_service(run->apply->agent, EVENT_WARNING, step->service, step->version,
                                   "a delta of %s %s cannot serve as it should: %s", step->service,
                                   step->version, result.note);
        return true;
}

bool apply_fetch(StepRun *run, GError **error)
{
        Agent *agent = run->apply->agent;
        const Step *step = run->step;
        g_autoptr(Stored) stored = store_load(agent->store, step->service, step->version, error);
        if (!stored)
                return false;
        g_autofree char *output = store_image(agent->store, step->service, step->version);
        g_autoptr(GPtrArray) seeds = find_seeds(agent, step);
        Progress *progress =
                service_states_progress_new(agent->states, step->service, step->version, agent->progress);
        FetchRequest request = {.service = step->service,
                                .version = step->version,
                                .architecture = package_sources_architecture(),
                                .output = output,
                                .seeds = (const char *const *)seeds->pdata,
                                .progress = progress};
        bool good = fetch_image(run, stored, &request, error);
        service_states_progress_free(progress);
        return good;
}

bool apply_fetch_look(const Agent *agent, PackageSources *sources, Store *drafts, Step *step, GError **error)
{
        g_autoptr(Stored) kept = store_load(agent->store, step->service, step->version, NULL);
        g_autoptr(Stored) draft = drafts ? store_load(drafts, step->service, step->version, NULL) : NULL;
        const Stored *stored = draft ? draft : kept;
        if (!stored)
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "it has no description here");
        g_autofree char *output = store_image(agent->store, step->service, step->version);
        g_autoptr(GPtrArray) seeds = find_seeds(agent, step);
        g_auto(FetchResult) result = {0};
        PackageRef target = {step->service, step->version, stored->sha256};
        FetchRequest request = {.service = step->service,
                                .version = step->version,
                                .architecture = package_sources_architecture(),
                                .output = output,
                                .seeds = (const char *const *)seeds->pdata,
                                .only_plan = true};
        uint64_t received = 0;
        if (!package_sources_fetch(sources, &target, &request, &result, &received, error))
                return false;
        step->bytes = received + result.planned.delta_bytes + result.planned.pack_bytes;
        return true;
}

/* --- stop */

static bool stop(StepRun *run, GError **error)
{
        Agent *agent = run->apply->agent;
        const char *service = run->step->service;
        g_autoptr(ServiceRecord) record =
                service_record_load(agent->conf->state_directory, service, NULL, error);
        if (!record)
                return false;
        record->stopped = true;
        if (!service_record_save(agent->conf->state_directory, record, error) ||
            !launch_stop(agent, service, NULL, error))
                return false;
        service_states_set(agent->states, service, record->current, SERVICE_STOPPED, run->step->why);
        return true;
}

bool apply_stop(StepRun *run, GError **error)
{
        g_autoptr(ServiceClaim) claim = service_claim_new(run->apply->agent->states, run->step->service);
        return stop(run, error);
}

/* --- remove and forget */

static bool remove_versions(const Agent *agent, const char *service, GError **error)
{
        g_autoptr(GPtrArray) all = store_list(agent->store, error);
        for (guint i = 0; all && i < all->len; i++) {
                const StoreKept *kept = all->pdata[i];
                if (strcmp(kept->service, service) == 0 &&
                    !store_remove(agent->store, service, kept->version, error))
                        return false;
        }
        return all != NULL;
}

/* The record goes last: while it exists, the removal is tried again. Without it, a service package that is
 * left would count as installed by hand. */
static bool remove_all(const Apply *apply, const char *service, GError **error)
{
        const char *const no_settings[] = {NULL};
        Agent *agent = apply->agent;
        const InstanceHost *host = &agent->host;
        SettingsStore settings = agent_conf_settings(agent->conf);
        host_network_unset(agent->network, service);
        return launch_stop(agent, service, NULL, error) &&
               host_network_apply(agent->network, host->containers ? host->containers : host->machines, false,
                                  error) &&
               instance_remove_root(host, service, NULL, error) && remove_versions(agent, service, error) &&
               settings_store_tidy(&settings, service, no_settings, error) &&
               packages_pass_remove(apply->packages, service, error) &&
               service_record_remove(agent->conf->state_directory, service, error);
}

bool apply_remove(StepRun *run, GError **error)
{
        Agent *agent = run->apply->agent;
        g_autoptr(ServiceClaim) claim = service_claim_new(agent->states, run->step->service);
        if (!remove_all(run->apply, run->step->service, error))
                return false;
        service_states_remove(agent->states, run->step->service);
        return true;
}

/* The record must not name a version that is removed. */
static bool forget(Agent *agent, const Step *step, GError **error)
{
        const char *state_directory = agent->conf->state_directory;
        g_autoptr(ServiceRecord) record = service_record_load(state_directory, step->service, NULL, error);
        if (!record)
                return false;
        if (g_strcmp0(record->previous, step->version) == 0) {
                text_set(&record->previous, NULL);
                if (!service_record_save(state_directory, record, error))
                        return false;
        }
        return instance_remove_root(&agent->host, step->service, step->version, error) &&
               store_remove(agent->store, step->service, step->version, error);
}

bool apply_forget(StepRun *run, GError **error)
{
        g_autoptr(ServiceClaim) claim = service_claim_new(run->apply->agent->states, run->step->service);
        return forget(run->apply->agent, run->step, error);
}
