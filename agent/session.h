/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands that work on this host begin with: the configuration, the agent's parts, and either the
 * lock or the running agent that has it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "files.h"
#include "record.h"
#include "report.h"

typedef struct {
        AgentConf *conf; /* NULL with `bad_conf` */
        Agent *agent;    /* the same */
        char *run_directory;
        GError *bad_conf; /* why the configuration cannot be read; NULL: it was */
        AutoFd lock;      /* -1: not held */
} Session;

#define SESSION_INIT                                                                                         \
        {                                                                                                    \
                .lock = -1                                                                                   \
        }

void session_clear(Session *session);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

/* Load configuration and parts; what is told goes to standard error, or the journal. */
bool session_open(Session *session, GError **error);

/* The same for what a running agent can do: where one runs, a bad configuration is only noted in `bad_conf`.
 */
bool session_open_to_ask(Session *session, GError **error);

/* Take the lock; `running` tells if a running agent has it, which can be asked then. Errors: CONFLICT if
 * another process has it and answers nothing; SYSTEM. With `bad_conf` one
 * runs. */
bool session_lock(Session *session, bool *running, GError **error);

/* Ask the agent that runs. Errors: as control_ask(). */
json_t *session_ask(const Session *session, json_t *request, unsigned timeout_s, GError **error);

/* Ask it for something that ends in a pass, and wait for that; a bad configuration is warned of. Returns:
 * owned report. Errors: as session_ask(). */
PassReport *session_ask_pass(const Session *session, json_t *request, GError **error);

/* Returns: owned words on a bad configuration that the agent goes on in spite of; NULL: it is good. */
char *session_conf_trouble(const Session *session);

/* False with the code and the words that a report ends a command with, if it is not all well. */
bool session_judge(const PassReport *report, GError **error);

/* No argument more than `max`, and not fewer than `min`. Errors: USAGE. */
bool session_arguments(char **arguments, int count, int min, int max, GError **error);
