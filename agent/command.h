/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands of `lautta-agent`, each in a file of its own. */
#pragma once

#include "conf.h"
#include "program.h"

extern const Command command_down, command_key, command_once, command_plan, command_purge, command_run,
        command_start, command_status;

/* Returns: owned configuration that --config names. Errors: as agent_conf_load(). */
AgentConf *command_conf(GError **error);

/* Returns: owned run directory of a configuration that may be bad: as agent_conf_find_run(). */
char *command_run_directory(void);
