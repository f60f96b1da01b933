/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the configuration again, and watches the sticks that it names. */
#include "daemon_private.h"

enum { STICKS_MS = 3000 };

static gboolean look_at_sticks(void *user)
{
        Daemon *daemon = user;
        if (sticks_have_news(daemon->sticks))
                daemon_want_pass(daemon, NULL);
        return G_SOURCE_CONTINUE;
}

void daemon_watch_sticks(Daemon *daemon, const AgentConf *conf)
{
        if (daemon->stick_timer)
                g_source_remove(daemon->stick_timer);
        sticks_free(daemon->sticks);
        daemon->sticks = sticks_new(conf);
        daemon->stick_timer = daemon->sticks ? g_timeout_add(STICKS_MS, look_at_sticks, daemon) : 0;
}

/* Takes `conf`. A pass in progress keeps the previous configuration to its end. */
static void set_next_conf(Daemon *daemon, AgentConf *conf)
{
        daemon_watch_sticks(daemon, conf);
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
                return g_strdup_printf(
                        "the configuration was not taken, and the agent goes on with the previous one: %s",
                        why->message);
        g_autofree char *fixed = agent_conf_keep_fixed(conf, daemon->agent->conf);
        if (!is_in_force(daemon, conf)) {
                set_next_conf(daemon, g_steal_pointer(&conf));
                agent_tell_service(daemon->agent, EVENT_NOTICE, NULL, NULL, "the configuration has changed");
        }
        return fixed ? g_strdup_printf(
                               "%s of the configuration changes only when the agent is started again: systemctl restart lautta-agent (services keep running)",
                               fixed)
                     : NULL;
}

void daemon_reload(Daemon *daemon)
{
        g_free(daemon->conf_trouble);
        daemon->conf_trouble = read_conf(daemon);
        if (daemon->conf_trouble)
                agent_tell_service(daemon->agent, EVENT_WARNING, NULL, NULL, "%s", daemon->conf_trouble);
}
