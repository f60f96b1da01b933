/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent.h"

#include <string.h>

#include "errors.h"
#include "files.h"
#include "identity.h"
#include "paths.h"

Agent *agent_new(const AgentConf *conf, GError **error)
{
        if (!paths_make(conf->state_directory, conf->run_directory, error))
                return NULL;
        g_autofree char *host_key = identity_load(conf->state_directory, error);
        if (!host_key)
                return NULL;
        Agent *agent = g_new0(Agent, 1);
        agent->conf = conf;
        agent->adopted = g_ptr_array_new_with_free_func((GDestroyNotify)agent_conf_free);
        agent->host_key = g_steal_pointer(&host_key);
        agent->store = store_new(conf->state_directory);
        agent->states = service_states_new();
        agent->network = host_network_new(conf);
        agent->host = (InstanceHost){.state_directory = conf->state_directory,
                                     .run_directory = conf->run_directory,
                                     .network = &conf->network,
                                     .kernel = conf->kernel,
                                     .modules = conf->modules};
        g_mutex_init(&agent->lock);
        return agent;
}

void agent_free(Agent *agent)
{
        if (!agent)
                return;
        host_network_free(agent->network);
        service_states_free(agent->states);
        store_free(agent->store);
        virt_free(agent->containers);
        virt_free(agent->machines);
        g_ptr_array_unref(agent->adopted);
        g_mutex_clear(&agent->lock);
        g_free(agent->host_key);
        g_free(agent);
}

Virt *agent_network_driver(const Agent *agent)
{
        return agent->containers ? agent->containers : agent->machines;
}

void agent_adopt(Agent *agent, AgentConf *conf)
{
        g_ptr_array_add(agent->adopted, conf);
        agent->conf = conf;
        host_network_set_conf(agent->network, conf);
        agent->rewires = true;
}

static bool connect_driver(const char *uri, Virt **virt, GError **error)
{
        if (!*virt && *uri)
                *virt = virt_open(uri, error);
        return *virt || !*uri;
}

static bool choose_acceleration(Agent *agent, GError **error)
{
        AgentAcceleration wanted = agent->conf->acceleration;
        bool has_kvm = wanted != ACCELERATION_TCG && virt_has_kvm(agent->machines);
        agent->host.kvm = has_kvm;
        return has_kvm || wanted != ACCELERATION_KVM ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "agent.conf demands KVM ('acceleration = kvm'), and '%s' has none: switch it on in the firmware, load kvm_intel or kvm_amd, or let 'acceleration' be auto",
                    agent->conf->machine_uri);
}

bool agent_connect(Agent *agent, GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);
        if (!connect_driver(agent->conf->container_uri, &agent->containers, error) ||
            !connect_driver(agent->conf->machine_uri, &agent->machines, error))
                return false;
        agent->host.containers = agent->containers;
        agent->host.machines = agent->machines;
        return !agent->machines || choose_acceleration(agent, error);
}

void agent_tell(const Agent *agent, const AgentEvent *event)
{
        if (agent->tell)
                agent->tell(agent->user, event);
}

void agent_tell_service(const Agent *agent, EventLevel level, const char *service, const char *version,
                        const char *format, ...)
{
        va_list args;
        va_start(args, format);
        g_autofree char *message = g_strdup_vprintf(format, args);
        va_end(args);
        AgentEvent event = {.level = level, .service = service, .version = version, .message = message};
        agent_tell(agent, &event);
}

GPtrArray *agent_domains(Agent *agent, GError **error)
{
        GPtrArray *domains = agent_connect(agent, error) ? instances_list(&agent->host, error) : NULL;
        if (domains)
                domains_sort(domains);
        return domains;
}
