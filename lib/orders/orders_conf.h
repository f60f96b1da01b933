/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of agent.conf on orders: their sources, the keys to believe first, and the directory that keeps them. */
#pragma once

#include <glib.h>

/* All borrowed; lautta-agent.conf(5) has the meaning of each. */
typedef struct {
        const char *host;
        const char *state_directory;
        const char *trust_directory;
        GStrv lists;
        GStrv depots;
        const char *suite;
        const char *ca_file; /* or NULL, as the next two */
        const char *ssh_key;
        const char *ssh_known_hosts;
        unsigned grace_ms; /* see orders_gather.h; 0: its default. For tests */
} OrdersConf;
