/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The start of each command that works on this host: the configuration, the agent's parts, and either the lock
 * or the running agent that holds it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "files.h"
#include "record.h"
#include "report.h"

typedef struct {
        AgentConf *conf; /* NULL with `bad_conf` */
        Agent *agent;    /* NULL with `bad_conf` */
        char *run_directory;
        GError *bad_conf; /* why the configuration cannot be read; NULL: it could */
        AutoFd lock;      /* -1: not held */
} Session;

#define SESSION_INIT                                                                                         \
        {                                                                                                    \
                .lock = -1                                                                                   \
        }

void session_clear(Session *session);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

/* Load the configuration and make the parts. Events go to standard error, or the journal. */
bool session_open(Session *session, GError **error);

/* The same for a command that a running agent can do. If one runs, a bad configuration is only noted in
 * `bad_conf`. */
bool session_open_to_ask(Session *session, GError **error);

/* Take the lock. `running` becomes true if a running agent holds it, which can be asked then; with `bad_conf`,
 * always. Errors: CONFLICT if another process holds it and does not answer; SYSTEM. */
bool session_lock(Session *session, bool *running, GError **error);

/* Ask the running agent. Errors: as control_ask(). */
json_t *session_ask(const Session *session, json_t *request, unsigned timeout_s, GError **error);

/* Ask the running agent for a pass, and wait for its end. Warns of a bad configuration. Returns: owned report.
 * Errors: as session_ask(). */
PassReport *session_ask_pass(const Session *session, json_t *request, GError **error);

/* Returns: owned words on a bad configuration that a running agent ignores; NULL: it is good. */
char *session_conf_trouble(const Session *session);

/* True if the pass went well, else false with the error that ends the command. */
bool session_judge(const PassReport *report, GError **error);

/* Check that there are `min` to `max` arguments. Errors: USAGE. */
bool session_arguments(char **arguments, int count, int min, int max, GError **error);
