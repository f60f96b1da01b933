/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the network share. */
#pragma once

#include "network.h"

/* What the names of the services' interfaces begin with. */
#define NETWORK_INTERFACES       "lautta-"
#define NETWORK_OTHER_INTERFACES "lauttb-"

/* Commands that take our tables away, whether they are there or not. */
#define FIREWALL_CLEAR                                                                                       \
        "add table inet lautta\ndelete table inet lautta\nadd table bridge lautta\ndelete table bridge "     \
        "lautta\n"

/* Append the table that hears a service only by its own name. */
void firewall_append_origins(GString *rules, GPtrArray *services);
