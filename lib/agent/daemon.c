/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main loop: start, signals, watchdog, and end. */
#include "daemon_private.h"

#include <glib-unix.h>
#include <signal.h>

#include "launch.h"
#include "paths.h"

/* TimeoutStopSec= of the unit is more than both together. */
enum { ENDING_MS = 50, ENDING_MAX_S = 60, KEEPER_ENDING_MAX_S = 10 };

void daemon_notify(const Daemon *daemon, const char *format, ...)
{
        if (!daemon->options->notify)
                return;
        va_list args;
        va_start(args, format);
        g_autofree char *state = g_strdup_vprintf(format, args);
        va_end(args);
        daemon->options->notify(state);
}

static gboolean have_hup(void *user)
{
        Daemon *daemon = user;
        daemon_notify(daemon, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
        daemon_reload(daemon);
        daemon_want_pass(daemon, NULL);
        daemon_notify(daemon, "READY=1");
        return G_SOURCE_CONTINUE;
}

/* A switch in progress comes to its end; a fetch may end anywhere. */
static gboolean try_to_end(void *user)
{
        Daemon *daemon = user;
        gint64 taken_us = g_get_monotonic_time() - daemon->ending_us;
        if (service_states_is_claimed(daemon->agent->states) &&
            taken_us < (gint64)ENDING_MAX_S * G_USEC_PER_SEC)
                return G_SOURCE_CONTINUE;
        g_main_loop_quit(daemon->loop);
        return G_SOURCE_REMOVE;
}

static gboolean have_term(void *user)
{
        Daemon *daemon = user;
        if (daemon->ending_us)
                return G_SOURCE_CONTINUE;
        daemon->ending_us = g_get_monotonic_time();
        daemon_notify(daemon, "STOPPING=1");
        launch_cancel(daemon->agent);
        g_mutex_lock(&daemon->lock);
        daemon->ends = true;
        g_cond_signal(&daemon->wake);
        g_mutex_unlock(&daemon->lock);
        if (try_to_end(daemon))
                g_timeout_add(ENDING_MS, try_to_end, daemon);
        return G_SOURCE_CONTINUE;
}

static gboolean feed_watchdog(void *user)
{
        daemon_notify(user, "WATCHDOG=1");
        return G_SOURCE_CONTINUE;
}

static void watch(Daemon *daemon)
{
        g_unix_signal_add(SIGHUP, have_hup, daemon);
        g_unix_signal_add(SIGTERM, have_term, daemon);
        g_unix_signal_add(SIGINT, have_term, daemon);
        if (daemon->options->watchdog_us)
                g_timeout_add((guint)(daemon->options->watchdog_us / 3000), feed_watchdog, daemon);
        daemon_watch_sticks(daemon, daemon->agent->conf);
        daemon_watch_libvirt(daemon);
}

/* Returns: true if the worker has ended. */
static bool end_worker(Daemon *daemon)
{
        g_mutex_lock(&daemon->lock);
        bool busy = daemon->busy;
        g_mutex_unlock(&daemon->lock);
        if (busy)
                return false;
        g_thread_join(daemon->worker);
        return true;
}

static void daemon_clear(Daemon *daemon)
{
        control_free(daemon->control);
        sticks_free(daemon->sticks);
        g_main_loop_unref(daemon->loop);
        json_decref(daemon->last_report);
        agent_conf_free(daemon->next_conf);
        g_free(daemon->conf_trouble);
        g_ptr_array_unref(daemon->waiting);
        g_cond_clear(&daemon->wake);
        g_mutex_clear(&daemon->lock);
}

static json_t *read_last_report(const Agent *agent)
{
        g_autofree char *path = paths_report(agent->conf->state_directory);
        json_t *report = record_read(path, NULL);
        return report ? report : json_object();
}

bool daemon_run(const DaemonOptions *options, bool *still_fetches, GError **error)
{
        Daemon *daemon = g_new0(Daemon, 1);
        g_autofree char *path = paths_socket(options->agent->conf->run_directory);
        *still_fetches = false;
        daemon->options = options;
        daemon->agent = options->agent;
        daemon->agent->renews_network = true;
        daemon->started = g_get_real_time() / G_USEC_PER_SEC;
        daemon->loop = g_main_loop_new(NULL, false);
        daemon->waiting = g_ptr_array_new();
        daemon->last_report = read_last_report(daemon->agent);
        g_mutex_init(&daemon->lock);
        g_cond_init(&daemon->wake);
        daemon->control = control_new(path, daemon_handle, daemon, error);
        bool good = daemon->control != NULL;
        if (good) {
                watch(daemon);
                daemon->wanted = true;
                daemon->supervisor = supervisor_new(daemon->agent);
                daemon->worker = g_thread_new("passes", daemon_work, daemon);
                daemon_notify(daemon, "READY=1\nSTATUS=Making the first pass");
                g_main_loop_run(daemon->loop);
                *still_fetches =
                        !end_worker(daemon) || !supervisor_end(daemon->supervisor, KEEPER_ENDING_MAX_S);
        }
        if (*still_fetches)
                return good;
        daemon_clear(daemon);
        g_free(daemon);
        return good;
}
