/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "errors.h"
#include "manual.h"
#include "session.h"

static bool run(char **arguments, int count, GError **error)
{
        bool running = false;
        g_auto(Session) session = SESSION_INIT;
        if (!session_arguments(arguments, count, 0, 0, error) || !session_open(&session, error) ||
            !session_lock(&session, &running, error))
                return false;
        if (running)
                return fail(
                        error, LAUTTA_ERROR_CONFLICT,
                        "the services cannot be stopped: an agent runs here and would start them again; run 'systemctl stop lautta-agent' first");
        return manual_down(session.agent, error);
}

const Command command_down = {
        .name = "down",
        .arguments = "[--config FILE]",
        .summary = "Stop all services of this host",
        .details =
                "Their network and firewall are removed, too. Images, volumes and records stay, and the next pass starts the services again. No agent may run.\n\n"
                "Example:\n  systemctl stop lautta-agent && lautta-agent down",
        .run = run,
};
