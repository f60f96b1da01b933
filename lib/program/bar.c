/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bar.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "program.h"
#include "units.h"

enum { MAX_SOURCES = 4, REDRAW_US = 100000 };

typedef struct {
        Progress progress;
        GMutex lock;
        const char *what;
        uint64_t total_bytes;
        uint64_t done_bytes;
        struct {
                const char *name;
                uint64_t bytes;
        } sources[MAX_SOURCES];
        gint64 started_us;
        gint64 drawn_us;
        bool is_open; /* the line has no end yet */
} Bar;

static char *describe_sources(const Bar *b)
{
        g_autoptr(GString) text = g_string_new(NULL);
        for (int i = 0; i < MAX_SOURCES && b->sources[i].name; i++) {
                g_autofree char *size = size_format(b->sources[i].bytes);
                g_string_append_printf(text, "%s%s %s", i ? ", " : "", b->sources[i].name, size);
        }
        return g_string_free(g_steal_pointer(&text), false);
}

static void draw(Bar *b, gint64 now_us)
{
        double seconds = (double)(now_us - b->started_us) / 1e6;
        double rate = seconds > 0 ? (double)b->done_bytes / seconds : 0;
        uint64_t left = b->total_bytes > b->done_bytes ? b->total_bytes - b->done_bytes : 0;
        int percent = b->total_bytes ? (int)(100.0 * (double)b->done_bytes / (double)b->total_bytes) : 100;
        g_autofree char *done = size_format(b->done_bytes);
        g_autofree char *total = size_format(b->total_bytes);
        g_autofree char *speed = size_format((uint64_t)rate);
        g_autofree char *sources = describe_sources(b);
        g_autofree char *eta = rate > 0 && seconds > 1 ? g_strdup_printf(", %.0f s left", (double)left / rate)
                                                       : g_strdup("");
        fprintf(stderr, "\r%s: %d%% %s of %s, %s/s%s (%s)\033[K", b->what, MIN(percent, 100), done, total,
                speed, eta, sources);
        fflush(stderr);
        b->drawn_us = now_us;
        b->is_open = true;
}

static void end_line(Bar *b)
{
        if (b->is_open)
                fputc('\n', stderr);
        b->is_open = false;
}

static void bar_begin(Progress *progress, const char *what, uint64_t total_bytes)
{
        Bar *b = (Bar *)progress;
        g_mutex_lock(&b->lock);
        b->what = what;
        b->total_bytes = total_bytes;
        b->done_bytes = 0;
        memset(b->sources, 0, sizeof b->sources);
        b->started_us = g_get_monotonic_time();
        draw(b, b->started_us);
        g_mutex_unlock(&b->lock);
}

static void bar_add(Progress *progress, const char *source, uint64_t bytes)
{
        Bar *b = (Bar *)progress;
        g_mutex_lock(&b->lock);
        b->done_bytes += bytes;
        for (int i = 0; i < MAX_SOURCES; i++) {
                if (b->sources[i].name && strcmp(b->sources[i].name, source) != 0)
                        continue;
                b->sources[i].name = source;
                b->sources[i].bytes += bytes;
                break;
        }
        gint64 now_us = g_get_monotonic_time();
        if (now_us - b->drawn_us >= REDRAW_US)
                draw(b, now_us);
        g_mutex_unlock(&b->lock);
}

static void bar_end(Progress *progress)
{
        Bar *b = (Bar *)progress;
        g_mutex_lock(&b->lock);
        draw(b, g_get_monotonic_time());
        end_line(b);
        g_mutex_unlock(&b->lock);
}

static Bar the_bar = {.progress = {bar_begin, bar_add, bar_end}};

void bar_break(void)
{
        end_line(&the_bar);
}

Progress *bar(void)
{
        return !option_quiet && isatty(STDERR_FILENO) ? &the_bar.progress : NULL;
}
