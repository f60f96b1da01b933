/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "virt_events.h"

#include <glib-unix.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

/* One handle or timer of libvirt. Only the loop's thread calls and frees it, so it is never freed during a call. */
typedef struct {
        int id;
        int fd;          /* -1: a timer */
        int wanted;      /* events of a handle, or milliseconds of a timer; 0 and -1: inactive */
        GSource *source; /* NULL: inactive */
        virEventHandleCallback on_handle;
        virEventTimeoutCallback on_timer;
        void *opaque;
        virFreeCallback free;
} Watch;

static GMainContext *context;
static GMutex lock;         /* guards the variables below */
static GHashTable *watches; /* id to Watch */
static int last_id;

static GIOCondition condition_of(int events)
{
        return ((events & VIR_EVENT_HANDLE_READABLE) ? G_IO_IN : 0) |
               ((events & VIR_EVENT_HANDLE_WRITABLE) ? G_IO_OUT : 0) |
               ((events & VIR_EVENT_HANDLE_ERROR) ? G_IO_ERR : 0) |
               ((events & VIR_EVENT_HANDLE_HANGUP) ? G_IO_HUP : 0);
}

static int events_of(GIOCondition condition)
{
        return ((condition & G_IO_IN) ? VIR_EVENT_HANDLE_READABLE : 0) |
               ((condition & G_IO_OUT) ? VIR_EVENT_HANDLE_WRITABLE : 0) |
               ((condition & (G_IO_ERR | G_IO_NVAL)) ? VIR_EVENT_HANDLE_ERROR : 0) |
               ((condition & G_IO_HUP) ? VIR_EVENT_HANDLE_HANGUP : 0);
}

static gboolean dispatch_handle(int fd, GIOCondition condition, void *user)
{
        const Watch *watch = user;
        watch->on_handle(watch->id, fd, events_of(condition), watch->opaque);
        return G_SOURCE_CONTINUE;
}

static gboolean dispatch_timer(void *user)
{
        const Watch *watch = user;
        watch->on_timer(watch->id, watch->opaque);
        return G_SOURCE_CONTINUE;
}

static void sleep_now(Watch *watch)
{
        if (!watch->source)
                return;
        g_source_destroy(watch->source);
        g_clear_pointer(&watch->source, g_source_unref);
}

static void set_wanted(Watch *watch, int wanted)
{
        sleep_now(watch);
        watch->wanted = wanted;
        if (watch->fd >= 0 && wanted) {
                watch->source = g_unix_fd_source_new(watch->fd, condition_of(wanted));
                g_source_set_callback(watch->source, G_SOURCE_FUNC(dispatch_handle), watch, NULL);
        } else if (watch->fd < 0 && wanted >= 0) {
                watch->source = g_timeout_source_new((guint)wanted);
                g_source_set_callback(watch->source, dispatch_timer, watch, NULL);
        }
        if (watch->source)
                g_source_attach(watch->source, context);
}

static int add(Watch *watch, int wanted)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        watch->id = ++last_id;
        g_hash_table_insert(watches, GINT_TO_POINTER(watch->id), watch);
        set_wanted(watch, wanted);
        return watch->id;
}

static int add_handle(int fd, int events, virEventHandleCallback callback, void *opaque, virFreeCallback free)
{
        Watch *watch = g_new0(Watch, 1);
        *watch = (Watch){.fd = fd, .on_handle = callback, .opaque = opaque, .free = free};
        return add(watch, events);
}

static int add_timer(int timeout_ms, virEventTimeoutCallback callback, void *opaque, virFreeCallback free)
{
        Watch *watch = g_new0(Watch, 1);
        *watch = (Watch){.fd = -1, .on_timer = callback, .opaque = opaque, .free = free};
        return add(watch, timeout_ms);
}

static void update(int id, int wanted)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        Watch *watch = g_hash_table_lookup(watches, GINT_TO_POINTER(id));
        if (watch && watch->wanted != wanted)
                set_wanted(watch, wanted);
}

static gboolean free_watch(void *user)
{
        Watch *watch = user;
        if (watch->free)
                watch->free(watch->opaque);
        g_free(watch);
        return G_SOURCE_REMOVE;
}

/* Removes a watch and lets the loop's thread free it: libvirt holds locks here that its own free function takes. */
static int take_away(int id)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        Watch *watch = g_hash_table_lookup(watches, GINT_TO_POINTER(id));
        if (!watch)
                return -1;
        g_hash_table_remove(watches, GINT_TO_POINTER(id));
        sleep_now(watch);
        g_autoptr(GSource) later = g_idle_source_new();
        g_source_set_priority(later, G_PRIORITY_DEFAULT);
        g_source_set_callback(later, free_watch, watch, NULL);
        g_source_attach(later, context);
        return 0;
}

static void *run(void *user)
{
        for (;;)
                g_main_context_iteration(context, true);
        return NULL;
}

void virt_events_start(void)
{
        static gsize once = 0;
        if (!g_once_init_enter(&once))
                return;
        context = g_main_context_new();
        watches = g_hash_table_new(NULL, NULL);
        virEventRegisterImpl(add_handle, update, take_away, add_timer, update, take_away);
        g_thread_unref(g_thread_new("libvirt", run, NULL));
        g_once_init_leave(&once, 1);
}
