/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bringup.h"
#include "control.h"
#include "errors.h"
#include "keeper.h"
#include "operations.h"
#include "pass.h"
#include "status.h"
#include "sticks.h"
#include "units.h"

enum {
        SOON_S = 30, /* a pass that nobody answered is made again after this time */
        STICKS_MS = 3000,
        ENDING_MS = 50,
        ENDING_MAX_S = 60,
};

typedef struct {
        const DaemonOptions *options;
        Agent *agent;
        GMainLoop *loop;
        Control *control;
        Keeper *keeper;
        Sticks *sticks;
        guint timer, stick_timer;
        int64_t next_pass; /* Unix seconds; 0: now */
        int64_t started;
        gint64 ending_us; /* since when; 0: it does not end */
        json_t *last_report;
        char *conf_trouble; /* why not all holds that agent.conf says; NULL: it does */

        GThread *worker;
        GMutex lock; /* of all that follows */
        GCond wake;
        bool wanted, busy, ends;
        GPtrArray *waiting;   /* ControlClient: for the end of the next pass to begin */
        AgentConf *next_conf; /* holds from the next pass to begin; NULL: none */
} Daemon;

static void notify(const Daemon *daemon, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void notify(const Daemon *daemon, const char *format, ...)
{
        if (!daemon->options->notify)
                return;
        va_list args;
        va_start(args, format);
        g_autofree char *state = g_strdup_vprintf(format, args);
        va_end(args);
        daemon->options->notify(state);
}

/* --- passes, on a thread of their own */

static void want_pass(Daemon *daemon, ControlClient *client)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&daemon->lock);
        daemon->wanted = true;
        if (client)
                g_ptr_array_add(daemon->waiting, client);
        g_cond_signal(&daemon->wake);
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
        want_pass(daemon, NULL);
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
        notify(daemon, "STATUS=Last pass %s (%.1f s)", code == 0 ? "went well" : "had troubles",
               ended->report->seconds);
        answer_waiting(daemon, ended->waiting);
        keeper_poke(daemon->keeper);
        report_free(ended->report);
        g_ptr_array_unref(ended->waiting);
        g_free(ended);
        return G_SOURCE_REMOVE;
}

/* Returns: owned array of who waits for the pass that begins now; NULL: the daemon ends. */
static GPtrArray *wait_for_wish(Daemon *daemon)
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

static void *work(void *user)
{
        Daemon *daemon = user;
        for (GPtrArray *waiting; (waiting = wait_for_wish(daemon));) {
                Ended *ended = g_new0(Ended, 1);
                notify(daemon, "STATUS=Making a pass");
                *ended = (Ended){daemon, pass_run(daemon->agent), waiting};
                g_idle_add(pass_ended, ended);
        }
        return NULL;
}

/* --- commands */

static bool is_busy(Daemon *daemon)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&daemon->lock);
        return daemon->busy || daemon->wanted;
}

static void answer_status(Daemon *daemon, const json_t *request, ControlClient *client)
{
        const Agent *agent = daemon->agent;
        bool busy = is_busy(daemon);
        json_t *about =
                json_pack("{s:b, s:i, s:s, s:s, s:s, s:I, s:b, s:s?, s:O}", "running", 1, "pid",
                          (int)getpid(), "version", LAUTTA_VERSION, "host", agent->conf->host, "key",
                          agent->host_key, "since", (json_int_t)daemon->started, "passing", busy,
                          "configuration_trouble", daemon->conf_trouble, "last_pass", daemon->last_report);
        json_object_set_new(about, "next_pass", busy ? json_null() : json_integer(daemon->next_pass));
        control_answer(client, json_pack("{s:b, s:o, s:o}", "ok", 1, "agent", about, "services",
                                         status_services(agent)));
}

static void answer_pass(Daemon *daemon, const json_t *request, ControlClient *client)
{
        bool waits = json_is_true(json_object_get(request, "wait"));
        want_pass(daemon, waits ? client : NULL);
        if (!waits)
                control_answer(client, json_pack("{s:b}", "ok", 1));
}

typedef bool (*Operation)(Agent *agent, const char *service, GError **error);

static bool operate(Daemon *daemon, const json_t *request, ControlClient *client, Operation operation)
{
        const char *service = json_string_value(json_object_get(request, "service"));
        g_autoptr(GError) error = NULL;
        if (!operation(daemon->agent, service ? service : "", &error)) {
                control_answer_error(client, error);
                return false;
        }
        return true;
}

static void answer_start(Daemon *daemon, const json_t *request, ControlClient *client)
{
        if (operate(daemon, request, client, operation_start))
                answer_pass(daemon, request, client);
}

static void answer_purge(Daemon *daemon, const json_t *request, ControlClient *client)
{
        if (operate(daemon, request, client, operation_purge))
                control_answer(client, json_pack("{s:b}", "ok", 1));
}

static void handle(void *user, const char *command, const json_t *request, ControlClient *client)
{
        static const struct {
                const char *name;
                void (*answer)(Daemon *daemon, const json_t *request, ControlClient *client);
        } commands[] = {
                {"status", answer_status},
                {"pass", answer_pass},
                {"start", answer_start},
                {"purge", answer_purge},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
                if (strcmp(commands[i].name, command) == 0) {
                        commands[i].answer(user, request, client);
                        return;
                }
        g_autoptr(GError) error =
                g_error_new(LAUTTA_ERROR, LAUTTA_ERROR_USAGE, "there is no command '%s'", command);
        control_answer_error(client, error);
}

/* --- the configuration, read anew */

static gboolean look_at_sticks(void *user)
{
        Daemon *daemon = user;
        if (sticks_have_news(daemon->sticks))
                want_pass(daemon, NULL);
        return G_SOURCE_CONTINUE;
}

static void watch_sticks(Daemon *daemon, const AgentConf *conf)
{
        if (daemon->stick_timer)
                g_source_remove(daemon->stick_timer);
        sticks_free(daemon->sticks);
        daemon->sticks = sticks_new(conf);
        daemon->stick_timer = daemon->sticks ? g_timeout_add(STICKS_MS, look_at_sticks, daemon) : 0;
}

/* Takes `conf`. The pass that goes on has the one before to its end. */
static void set_next_conf(Daemon *daemon, AgentConf *conf)
{
        watch_sticks(daemon, conf);
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&daemon->lock);
        agent_conf_free(daemon->next_conf);
        daemon->next_conf = conf;
}

static bool is_in_force(Daemon *daemon, const AgentConf *conf)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&daemon->lock);
        return agent_conf_is_same(conf, daemon->next_conf ? daemon->next_conf : daemon->agent->conf);
}

static char *read_conf(Daemon *daemon)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(AgentConf) conf = daemon->options->load(&why);
        if (!conf)
                return g_strdup_printf("the configuration was not taken, and that of before goes on: %s",
                                       why->message);
        g_autofree char *fixed = agent_conf_keep_fixed(conf, daemon->agent->conf);
        if (!is_in_force(daemon, conf)) {
                set_next_conf(daemon, g_steal_pointer(&conf));
                agent_tell_service(daemon->agent, EVENT_NOTICE, NULL, NULL, "the configuration has changed");
        }
        return fixed ? g_strdup_printf(
                               "%s of the configuration changes only when the agent is started again: "
                               "systemctl restart lautta-agent (services keep running)",
                               fixed)
                     : NULL;
}

static void reload(Daemon *daemon)
{
        g_free(daemon->conf_trouble);
        daemon->conf_trouble = read_conf(daemon);
        if (daemon->conf_trouble)
                agent_tell_service(daemon->agent, EVENT_WARNING, NULL, NULL, "%s", daemon->conf_trouble);
}

/* --- signals and timers */

static gboolean have_hup(void *user)
{
        Daemon *daemon = user;
        notify(daemon, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
        reload(daemon);
        want_pass(daemon, NULL);
        notify(daemon, "READY=1");
        return G_SOURCE_CONTINUE;
}

/* What is in the middle of a switch comes to its end; a fetch may end anywhere. */
static gboolean try_to_end(void *user)
{
        Daemon *daemon = user;
        gint64 taken_us = g_get_monotonic_time() - daemon->ending_us;
        if (roster_is_claimed(daemon->agent->roster) && taken_us < (gint64)ENDING_MAX_S * G_USEC_PER_SEC)
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
        notify(daemon, "STOPPING=1");
        bring_up_cancel(daemon->agent);
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
        notify(user, "WATCHDOG=1");
        return G_SOURCE_CONTINUE;
}

static void watch(Daemon *daemon)
{
        g_unix_signal_add(SIGHUP, have_hup, daemon);
        g_unix_signal_add(SIGTERM, have_term, daemon);
        g_unix_signal_add(SIGINT, have_term, daemon);
        if (daemon->options->watchdog_us)
                g_timeout_add((guint)(daemon->options->watchdog_us / 3000), feed_watchdog, daemon);
        watch_sticks(daemon, daemon->agent->conf);
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
        keeper_free(daemon->keeper);
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
        g_autofree char *path = g_build_filename(agent->conf->state_directory, "state", "report.json", NULL);
        json_t *report = record_read(path, NULL);
        return report ? report : json_object();
}

bool daemon_run(const DaemonOptions *options, bool *still_fetches, GError **error)
{
        Daemon *daemon = g_new0(Daemon, 1);
        g_autofree char *path = control_path(options->agent->conf->run_directory);
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
        daemon->control = control_new(path, handle, daemon, error);
        bool good = daemon->control != NULL;
        if (good) {
                watch(daemon);
                daemon->wanted = true;
                daemon->keeper = keeper_new(daemon->agent);
                daemon->worker = g_thread_new("passes", work, daemon);
                notify(daemon, "READY=1\nSTATUS=Making the first pass");
                g_main_loop_run(daemon->loop);
                *still_fetches = !end_worker(daemon);
        }
        if (*still_fetches)
                return good;
        daemon_clear(daemon);
        g_free(daemon);
        return good;
}
