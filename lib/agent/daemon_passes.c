/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes passes on a thread of their own, and sets the time of the next one. */
#include "daemon_private.h"

#include "errors.h"
#include "pass.h"

enum { SOON_S = 30 }; /* a pass in which no source answered is made again after this time */

void daemon_want_pass(Daemon *daemon, ControlClient *client)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&daemon->lock);
        daemon->wanted = true;
        if (client)
                g_ptr_array_add(daemon->waiting, client);
        g_cond_signal(&daemon->wake);
}

bool daemon_is_busy(Daemon *daemon)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&daemon->lock);
        return daemon->busy || daemon->wanted;
}

/* A pass that has ended, on its way to the main thread. */
typedef struct {
        Daemon *daemon;
        Report *report;
        GPtrArray *waiting;
} Ended;

static gboolean time_for_pass(void *user)
{
        Daemon *daemon = user;
        daemon->timer = 0;
        daemon_want_pass(daemon, NULL);
        return G_SOURCE_REMOVE;
}

static unsigned interval_s(const Daemon *daemon, const Report *report)
{
        const AgentConf *conf = daemon->agent->conf;
        const List *list = report->orders ? report->orders->list : NULL;
        unsigned interval = list && list->interval_s ? list->interval_s : conf->interval_s;
        if (report_exit_code(report) == EXIT_CODE_TRY_AGAIN && interval > SOON_S)
                interval = SOON_S;
        double jitter = (g_random_double() * 2 - 1) * conf->jitter_percent / 100;
        return MAX(1, (unsigned)(interval * (1 + jitter)));
}

static void schedule(Daemon *daemon, unsigned seconds)
{
        if (daemon->timer)
                g_source_remove(daemon->timer);
        daemon->timer = g_timeout_add_seconds(seconds, time_for_pass, daemon);
        daemon->next_pass = g_get_real_time() / G_USEC_PER_SEC + seconds;
}

static void answer_waiting(Daemon *daemon, GPtrArray *waiting)
{
        for (guint i = 0; i < waiting->len; i++)
                control_answer(waiting->pdata[i],
                               json_pack("{s:b, s:O}", "ok", 1, "report", daemon->last_report));
}

static gboolean pass_ended(void *user)
{
        Ended *ended = user;
        Daemon *daemon = ended->daemon;
        int code = report_exit_code(ended->report);
        json_decref(daemon->last_report);
        daemon->last_report = report_to_json(ended->report);
        if (!daemon->last_report)
                daemon->last_report = json_object();
        schedule(daemon, interval_s(daemon, ended->report));
        daemon_notify(daemon, "STATUS=Last pass %s (%.1f s)", code == 0 ? "went well" : "had troubles",
                      ended->report->seconds);
        answer_waiting(daemon, ended->waiting);
        supervisor_poke(daemon->supervisor);
        report_free(ended->report);
        g_ptr_array_unref(ended->waiting);
        g_free(ended);
        return G_SOURCE_REMOVE;
}

/* Returns: owned array of the clients that wait for the pass that begins now; NULL: the daemon ends. */
static GPtrArray *wait_for_request(Daemon *daemon)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&daemon->lock);
        daemon->busy = false;
        while (!daemon->wanted && !daemon->ends)
                g_cond_wait(&daemon->wake, &daemon->lock);
        if (daemon->ends)
                return NULL;
        GPtrArray *waiting = g_steal_pointer(&daemon->waiting);
        daemon->waiting = g_ptr_array_new();
        daemon->wanted = false;
        daemon->busy = true;
        if (daemon->next_conf)
                agent_adopt(daemon->agent, g_steal_pointer(&daemon->next_conf));
        return waiting;
}

void *daemon_work(void *user)
{
        Daemon *daemon = user;
        for (GPtrArray *waiting; (waiting = wait_for_request(daemon));) {
                Ended *ended = g_new0(Ended, 1);
                daemon_notify(daemon, "STATUS=Making a pass");
                *ended = (Ended){daemon, pass_run(daemon->agent), waiting};
                g_idle_add(pass_ended, ended);
        }
        return NULL;
}
