/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "command.h"
#include "daemon.h"
#include "errors.h"
#include "pass.h"
#include "session.h"

static void notify(const char *state)
{
        sd_notify(false, state);
}

static bool run(char **arguments, int count, GError **error)
{
        g_auto(Session) session = SESSION_INIT;
        if (!session_arguments(arguments, count, 0, 0, error) || !session_open(&session, error))
                return false;
        session.lock = pass_lock(session.conf, error);
        if (session.lock < 0)
                return false;
        bool still_fetches = false;
        DaemonOptions daemon = {.agent = session.agent, .load = command_conf, .notify = notify};
        sd_watchdog_enabled(false, &daemon.watchdog_us);
        bool good = daemon_run(&daemon, &still_fetches, error);
        if (still_fetches)
                _exit(0);
        return good;
}

const Command command_run = {
        .name = "run",
        .arguments = "[--config FILE]",
        .summary = "Make passes at intervals, and supervise running services",
        .details =
                "It makes a pass when it starts, at every interval, and on SIGHUP, which also makes it read its configuration again. On SIGTERM it ends, and services go on.\n\n"
                "Example:\n  lautta-agent run",
        .run = run,
};
