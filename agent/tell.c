/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tell.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "bar.h"
#include "output.h"
#include "program.h"

/* systemd puts the device and inode of the journal's standard error into JOURNAL_STREAM. They differ if standard
 * error was redirected. */
static bool is_journal(void)
{
        static gsize known = 0;
        static bool answer;
        if (g_once_init_enter(&known)) {
                struct stat st;
                const char *stream = g_getenv("JOURNAL_STREAM");
                if (stream && fstat(STDERR_FILENO, &st) == 0) {
                        g_autofree char *ours = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                                                (guint64)st.st_dev, (guint64)st.st_ino);
                        answer = strcmp(ours, stream) == 0;
                }
                g_once_init_leave(&known, 1);
        }
        return answer;
}

static void add_field(GPtrArray *fields, const char *name, const char *value)
{
        if (value)
                g_ptr_array_add(fields, g_strdup_printf("%s=%s", name, value));
}

static void send(const AgentEvent *event)
{
        g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
        struct iovec vectors[8];
        g_autofree char *level = g_strdup_printf("%d", (int)event->level);
        add_field(fields, "MESSAGE", event->message);
        add_field(fields, "PRIORITY", level);
        add_field(fields, "SYSLOG_IDENTIFIER", "lautta-agent");
        add_field(fields, "SERVICE", event->service);
        add_field(fields, "VERSION", event->version);
        add_field(fields, "STEP", event->step);
        for (guint i = 0; i < fields->len; i++)
                vectors[i] = (struct iovec){fields->pdata[i], strlen(fields->pdata[i])};
        sd_journal_sendv(vectors, (int)fields->len);
}

void tell(void *user, const AgentEvent *event)
{
        if (is_journal()) {
                send(event);
                return;
        }
        if (option_quiet && event->level > EVENT_WARNING)
                return;
        bar_break();
        output_note("lautta-agent: %s%s\n", event->level == EVENT_WARNING ? "warning: " : "", event->message);
}
