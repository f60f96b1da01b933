/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent.h"

#include <string.h>

#include "errors.h"
#include "files.h"
#include "identity.h"

static bool make_directories(const AgentConf *conf, GError **error)
{
        static const struct {
                const char *name;
                mode_t mode;
        } below[] = {{"state", 0755},    {"lists", 0755},  {"services", 0755},
                     {"settings", 0700}, {"images", 0700}, {"volumes", 0700}};
        if (!directory_make(conf->state_directory, 0755, error) ||
            !directory_make(conf->run_directory, 0755, error))
                return false;
        for (size_t i = 0; i < G_N_ELEMENTS(below); i++) {
                g_autofree char *path = g_build_filename(conf->state_directory, below[i].name, NULL);
                if (!directory_make(path, below[i].mode, error))
                        return false;
        }
        return true;
}

Agent *agent_new(const AgentConf *conf, GError **error)
{
        if (!make_directories(conf, error))
                return NULL;
        g_autofree char *host_key = identity_load(conf->state_directory, error);
        if (!host_key)
                return NULL;
        Agent *agent = g_new0(Agent, 1);
        agent->conf = conf;
        agent->host_key = g_steal_pointer(&host_key);
        agent->store = store_new(conf->state_directory);
        agent->roster = roster_new();
        agent->wiring = wiring_new(conf);
        agent->host = (InstanceHost){.state_directory = conf->state_directory,
                                     .run_directory = conf->run_directory,
                                     .network = &conf->network};
        g_mutex_init(&agent->lock);
        return agent;
}

void agent_free(Agent *agent)
{
        if (!agent)
                return;
        wiring_free(agent->wiring);
        roster_free(agent->roster);
        store_free(agent->store);
        store_free(agent->drafts);
        virt_free(agent->containers);
        virt_free(agent->machines);
        g_mutex_clear(&agent->lock);
        g_free(agent->host_key);
        g_free(agent);
}

static bool connect_driver(const char *uri, Virt **virt, GError **error)
{
        if (!*virt && *uri)
                *virt = virt_open(uri, error);
        return *virt || !*uri;
}

bool agent_connect(Agent *agent, GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);
        if (!connect_driver(agent->conf->container_uri, &agent->containers, error) ||
            !connect_driver(agent->conf->machine_uri, &agent->machines, error))
                return false;
        agent->host.containers = agent->containers;
        agent->host.machines = agent->machines;
        return true;
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
        return agent_connect(agent, error) ? instances_list(&agent->host, error) : NULL;
}

const VirtDomain *domains_find(const GPtrArray *domains, const char *service)
{
        for (guint i = 0; i < domains->len; i++) {
                const VirtDomain *domain = domains->pdata[i];
                if (strcmp(domain->service, service) == 0)
                        return domain;
        }
        return NULL;
}
