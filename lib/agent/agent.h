/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by all parts of the agent: configuration, libvirt, the store, the states of services, and events. */
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

/* An event for the journal. All borrowed; every member but `message` may be NULL. */
typedef struct {
        EventLevel level;
        const char *service;
        const char *version;
        const char *step;
        const char *message;
} AgentEvent;

typedef struct {
        const AgentConf *_Atomic conf; /* of the last agent_adopt(), else of agent_new() */
        GPtrArray *adopted;            /* AgentConf: every one that another thread may still read */
        bool rewires;                  /* the network does not follow an adopted configuration yet */
        char *host_key;
        Store *store;
        ServiceStates *states;
        HostNetworkState *network;
        InstanceHost host; /* its drivers are NULL before agent_connect() */
        Virt *containers, *machines;
        GMutex lock;         /* of connecting */
        int knows_host;      /* atomic: this process has taken an inventory of the host */
        bool renews_network; /* the first pass applies the network even if it is noted as applied */
        int ends;            /* atomic: the agent is shutting down */
        void (*tell)(void *user, const AgentEvent *event); /* on any thread; may be NULL */
        void *user;
        Progress *progress; /* of the program that waits for a fetch; may be NULL; borrowed */
} Agent;

/* Make the directories and load the host's key. Connects to nothing. Errors: of identity_load(), NO_SPACE,
 * SYSTEM. */
Agent *agent_new(const AgentConf *conf, GError **error);
void agent_free(Agent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Agent, agent_free)

/* Returns: borrowed driver that makes the network for both kinds of services; NULL: this host has none. */
Virt *agent_network_driver(const Agent *agent);

/* Use `conf` (taken over) from now on. It has gone through agent_conf_keep_fixed(). Call only between passes,
 * on the thread that makes them. */
void agent_adopt(Agent *agent, AgentConf *conf);

/* Connect to the drivers that the configuration names, unless that is done. Threads: any. Errors: TRY_AGAIN,
 * USAGE, SYSTEM; the message names the driver. */
bool agent_connect(Agent *agent, GError **error);

void agent_tell(const Agent *agent, const AgentEvent *event);

/* Tell an event about one service; `version` may be NULL. */
void agent_tell_service(const Agent *agent, EventLevel level, const char *service, const char *version,
                        const char *format, ...) G_GNUC_PRINTF(5, 6);

/* Returns: owned array of owned VirtDomain: the services' domains of all drivers, as domains_sort() orders
 * them; empty without a driver. Errors: of agent_connect() and instances_list(). */
GPtrArray *agent_domains(Agent *agent, GError **error);
