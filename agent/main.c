/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "paths.h"

static const Command *const commands[] = {
        &command_run,  &command_once,  &command_status, &command_plan, &command_start,
        &command_down, &command_purge, &command_key,    NULL,
};

static char *config;
static const GOptionEntry options[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &config, "The configuration (default: " PATHS_CONF ")",
         "FILE"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const Program agent = {
        .name = "lautta-agent",
        .summary = "Make this host what its signed list says: its services, and its packages.",
        .manual = "lautta-agent(8)",
        .commands = commands,
        .options = options,
};

AgentConf *command_conf(GError **error)
{
        return agent_conf_load(config ? config : PATHS_CONF, error);
}

char *command_run_directory(void)
{
        return agent_conf_find_run(config ? config : PATHS_CONF);
}

int main(int argc, char **argv)
{
        return program_main(&agent, argc, argv);
}
