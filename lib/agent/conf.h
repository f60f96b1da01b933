/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/lautta/agent.conf: the configuration by the host's administrator. lautta-agent.conf(5) has the keys. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "network.h"

/* AUTO: KVM where it is there. */
typedef enum { ACCELERATION_AUTO, ACCELERATION_KVM, ACCELERATION_TCG } AgentAcceleration;

/* Every field has a default; a section that is named in a comment holds the fields below it. */
typedef struct {
        /* [host] */
        char *host;            /* "name": in lists; default: the machine's host name */
        char *state_directory; /* "state": /var/lib/lautta */
        char *run_directory;   /* "run": /run/lautta */
        char *trust_directory; /* "trust": /etc/lautta/trust: root.pgp, release.pgp, lists.pgp of the medium
                                */
        uint64_t memory_reserve_bytes; /* "memory-reserve": of the host's memory that services do not get;
                                          512M */

        /* [pull] */
        GStrv lists;  /* where lists and trust.list are, in order of preference: https, http, file, ssh;
                       * default: the depots */
        GStrv depots; /* the same for depots: https, http, file. A path may hold "*" (a stick) */
        char *suite;  /* "stable" */
        unsigned interval_s;     /* 300; a list may say otherwise */
        unsigned jitter_percent; /* 10: of the interval, either way */
        char *ca_file;           /* or NULL */
        char *ssh_key;           /* for lists over ssh; or NULL, and then no such list is configured */
        char *ssh_known_hosts;   /* the same */

        /* [packages] */
        bool manage_packages;  /* "manage": false leaves apt alone, and services are run straight from depots
                                */
        bool strict_packages;  /* "strict" */
        unsigned max_removals; /* 10 */
        unsigned lock_timeout_s; /* 600 */
        char *packages_root;     /* "root": "/" */

        /* [services] */
        char *container_uri; /* "containers": "lxc:///system"; "" for "none" */
        char *machine_uri;   /* "machines": "qemu:///system"; "" for "none" */
        char *kernel;        /* "kernel": for `boot: host-kernel`; default: that of the host that runs */
        char *modules;       /* "modules": its modules' directory; the same */
        AgentAcceleration acceleration; /* "acceleration": auto, kvm, tcg */
        unsigned check_interval_s;      /* of health, while a service runs; 15 */
        unsigned stop_grace_s;          /* 30 */
        /* [network]: bridge, lan, address (with prefix), domain, inbound, guard-inbound */
        HostNetwork network;
} AgentConf;

/* Read `path`; an absent file at the default path is all defaults. Errors: NOT_FOUND, USAGE with
 * "FILE:LINE: KEY: ..." and the allowed values, also for an unknown key or section. */
AgentConf *agent_conf_load(const char *path, GError **error);

/* agent_conf_load() from memory. */
AgentConf *agent_conf_parse(GBytes *text, const char *name, GError **error);

/* Returns: owned run directory that the file `path` names, even if the rest of the file is bad; else the default
 * one. For commands that ask an agent which may have read the file when it was good. */
char *agent_conf_find_run(const char *path);

/* True if each key has the same value in both. */
bool agent_conf_is_same(const AgentConf *one, const AgentConf *other);

/* Give the keys of `conf` that a running agent cannot change (lautta-agent.conf(5)) their values in `before`.
 * Returns: owned words for people, naming the keys whose values differed; NULL: none. */
char *agent_conf_keep_fixed(AgentConf *conf, const AgentConf *before);

void agent_conf_free(AgentConf *conf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AgentConf, agent_conf_free)
