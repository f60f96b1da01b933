/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of the daemon, which alone include it. All functions but daemon_work() are for the main
 * thread. */
#pragma once

#include "control.h"
#include "daemon.h"
#include "supervisor.h"
#include "record.h"
#include "sticks.h"

typedef struct Daemon {
        const DaemonOptions *options;
        Agent *agent;
        GMainLoop *loop;
        Control *control;
        Supervisor *supervisor;
        Sticks *sticks;
        guint timer, stick_timer;
        int64_t next_pass; /* Unix seconds; 0: now */
        int64_t started;
        gint64 ending_us; /* since when; 0: it does not end */
        json_t *last_report;
        bool libvirt_told;  /* a call that libvirt does not end was reported */
        char *conf_trouble; /* why agent.conf is not in force as it stands; NULL: it is */

        GThread *worker;
        GMutex lock; /* of all that follows */
        GCond wake;
        bool wanted, busy, ends;
        GPtrArray *waiting;   /* ControlClient: for the end of the next pass to begin */
        AgentConf *next_conf; /* holds from the next pass to begin; NULL: none */
} Daemon;

/* Tell systemd, in sd_notify(3)'s words, from any thread. */
void daemon_notify(const Daemon *daemon, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Ask for a pass now, or after the present one. `client` (may be NULL) is answered at its end. */
void daemon_want_pass(Daemon *daemon, ControlClient *client);
bool daemon_is_busy(Daemon *daemon);

/* The thread that makes the passes; it ends when `ends` is set and a pass has ended. `user` is a Daemon. */
void *daemon_work(void *user);

/* A ControlHandler. */
void daemon_handle(void *user, const char *command, const json_t *request, ControlClient *client);

/* Read the configuration again; it takes effect with the next pass. Errors in it are reported. */
void daemon_reload(Daemon *daemon);

/* Warn while a call to libvirt does not return. */
void daemon_watch_libvirt(Daemon *daemon);

/* Returns: owned sentence about a call to libvirt that began a minute or more ago; NULL: there is none. */
char *daemon_libvirt_trouble(void);

/* Make a pass whenever a stick that `conf` names is put in. */
void daemon_watch_sticks(Daemon *daemon, const AgentConf *conf);
