/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands of `lautta-agent`, each of a file of its own. */
#pragma once

#include "conf.h"
#include "program.h"

extern const Command command_key;

/* The configuration that --config names. Errors: as agent_conf_load(). */
AgentConf *command_conf(GError **error);
