/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports calls that libvirt does not end. The agent waits for them, since they cannot be taken back and their
 * effect would not be known. */
#include "daemon_private.h"

#include "units.h"

enum { LONG_S = 60, LOOK_S = 5 };

char *daemon_libvirt_trouble(void)
{
        gint64 age_us = 0;
        g_autofree char *what = virt_waits_for(LONG_S, &age_us);
        g_autofree char *since = time_format((g_get_real_time() - age_us) / G_USEC_PER_SEC);
        return what ? g_strdup_printf(
                              "libvirt has been asked since %s to %s, and does not end that: look at what hangs there, or 'systemctl restart libvirtd' (services keep running)",
                              since, what)
                    : NULL;
}

static gboolean look(void *user)
{
        Daemon *daemon = user;
        g_autofree char *trouble = daemon_libvirt_trouble();
        if (trouble && !daemon->libvirt_told) {
                agent_tell_service(daemon->agent, EVENT_WARNING, NULL, NULL, "%s", trouble);
                daemon_notify(daemon, "STATUS=Waits for libvirt: see 'lautta-agent status'");
        }
        daemon->libvirt_told = trouble != NULL;
        return G_SOURCE_CONTINUE;
}

void daemon_watch_libvirt(Daemon *daemon)
{
        g_timeout_add_seconds(LOOK_S, look, daemon);
}
