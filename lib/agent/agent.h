/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all parts of the agent share: configuration, libvirt, what lies here, how services are, and who is
 * told. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "conf.h"
#include "domains.h"
#include "instance.h"
#include "progress.h"
#include "service_states.h"
#include "store.h"
#include "host_network.h"

typedef enum {
        EVENT_ERROR = 3,
        EVENT_WARNING = 4,
        EVENT_NOTICE = 5,
        EVENT_INFO = 6
} EventLevel; /* syslog's */

/* Something that people may want to read about. All borrowed; any but `message` may be NULL. */
typedef struct {
        EventLevel level;
        const char *service;
        const char *version;
        const char *step;
        const char *message;
} AgentEvent;

typedef struct {
        const AgentConf *_Atomic conf; /* what agent_adopt() set last, else that of agent_new() */
        GPtrArray *adopted;            /* AgentConf: all that other threads may still look at */
        bool rewires;                  /* the network has to be brought to an adopted configuration */
        char *host_key;
        Store *store;
        Store *drafts; /* where descriptions go that are only to be looked at; NULL: into the store */
        ServiceStates *states;
        HostNetworkState *network;
        InstanceHost host; /* its drivers are NULL before agent_connect() */
        Virt *containers, *machines;
        GMutex lock;         /* of connecting */
        int knows_host;      /* atomic: this process has looked at what runs here */
        bool renews_network; /* then it brings the network to what it shall be, whatever was noted before */
        int ends;            /* atomic: the agent is about to end */
        void (*tell)(void *user, const AgentEvent *event); /* on any thread; may be NULL */
        void *user;
        Progress *progress; /* of who waits for this process to fetch; may be NULL; borrowed */
} Agent;

/* Make the directories, load the host's key. No one is asked for anything yet. Errors: of identity_load(),
 * NO_SPACE, SYSTEM. */
Agent *agent_new(const AgentConf *conf, GError **error);
void agent_free(Agent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Agent, agent_free)

/* Returns: borrowed; through which libvirt the network of both kinds is made. NULL: this host has neither. */
Virt *agent_network_driver(const Agent *agent);

/* From now on this is the configuration (taken over), which has gone through agent_conf_keep_fixed(). Only
 * between passes, on their thread. */
void agent_adopt(Agent *agent, AgentConf *conf);

/* Connect to the drivers that the configuration names, if that is not done. Threads: any. Errors: TRY_AGAIN,
 * USAGE, SYSTEM, naming which. */
bool agent_connect(Agent *agent, GError **error);

void agent_tell(const Agent *agent, const AgentEvent *event);

/* About one service; `version` and `step` may be NULL. */
void agent_tell_service(const Agent *agent, EventLevel level, const char *service, const char *version,
                        const char *format, ...) G_GNUC_PRINTF(5, 6);

/* Returns: owned array of owned VirtDomain: ours, of all drivers, sorted by service, and then by the time
 * since which they run; empty where the host has no driver. Errors: of agent_connect() and instances_list().
 */
GPtrArray *agent_domains(Agent *agent, GError **error);
