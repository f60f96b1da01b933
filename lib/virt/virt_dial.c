/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens a connection to libvirt within a bounded time. A libvirtd that hangs still accepts connections and then sends
 * nothing, and libvirt would wait for ever. So a thread opens the connection, one for each URI at a time. A caller
 * gives up after the time; the next caller waits for the same thread, but for less time. */
#include "virt_private.h"

#include "errors.h"
#include "virt_events.h"

/* libvirt's own times, on both sides: a message every 5 s, and the connection ends after 5 without an answer. */
enum { KEEPALIVE_S = 5, KEEPALIVE_MISSES = 5, DIAL_S = KEEPALIVE_S * (KEEPALIVE_MISSES + 1), AGAIN_S = 1 };

typedef struct {
        char *uri;
        GThread *thread;
        gint64 begun_us;
        bool is_done;
        virConnect *connection;
        GError *error; /* set if there is no connection */
} Call;

static GMutex lock;
static GCond done;
static GHashTable *calls; /* URI to Call; a thread that removes a finished one owns it */

/* Frees a finished call. Its thread is about to end, and is joined so that it has ended when the program exits. */
static void call_free(Call *call)
{
        g_thread_join(call->thread);
        g_clear_pointer(&call->connection, virConnectClose);
        g_clear_error(&call->error);
        g_free(call->uri);
        g_free(call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Call, call_free)

static void *dial(void *user)
{
        Call *call = user;
        GError *error = NULL;
        virConnect *connection = virConnectOpen(call->uri);
        if (!connection)
                virt_fail(&error, "cannot connect to '%s'; is libvirtd running (systemctl status libvirtd)?",
                          call->uri);
        else if (virConnectSetKeepAlive(connection, KEEPALIVE_S, KEEPALIVE_MISSES) != 0)
                virResetLastError(); /* a driver within this process has no keepalive */
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        call->connection = connection;
        call->error = error;
        call->is_done = true;
        g_cond_broadcast(&done);
        return NULL;
}

static Call *begin(const char *uri)
{
        Call *call = g_new0(Call, 1);
        call->uri = g_strdup(uri);
        call->begun_us = g_get_monotonic_time();
        g_hash_table_insert(calls, call->uri, call);
        call->thread = g_thread_new("libvirt-dial", dial, call);
        return call;
}

/* Returns: owned finished call; NULL: it has not finished in time. */
static Call *wait_for(const char *uri)
{
        gint64 least_us = g_get_monotonic_time() + (gint64)AGAIN_S * G_USEC_PER_SEC;
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        if (!calls)
                calls = g_hash_table_new(g_str_hash, g_str_equal);
        for (;;) {
                Call *call = g_hash_table_lookup(calls, uri);
                if (!call)
                        call = begin(uri);
                if (call->is_done) {
                        g_hash_table_remove(calls, uri);
                        return call;
                }
                gint64 until_us = MAX(least_us, call->begun_us + (gint64)DIAL_S * G_USEC_PER_SEC);
                if (!g_cond_wait_until(&done, &lock, until_us))
                        return NULL;
        }
}

virConnect *virt_dial(const char *uri, GError **error)
{
        virt_events_start();
        g_autoptr(Call) call = wait_for(uri);
        /* A connection whose caller gave up may have broken since. */
        if (call && call->connection && virConnectIsAlive(call->connection) != 1) {
                g_clear_pointer(&call, call_free);
                call = wait_for(uri);
        }
        if (!call) {
                fail(error, LAUTTA_ERROR_TRY_AGAIN,
                     "libvirtd does not answer at '%s', for %d s at least: if it hangs, 'systemctl restart libvirtd' (services keep running)",
                     uri, DIAL_S);
                return NULL;
        }
        if (call->error)
                g_propagate_error(error, g_steal_pointer(&call->error));
        return g_steal_pointer(&call->connection);
}
