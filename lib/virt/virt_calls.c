/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records the calls to libvirt that have not returned. A libvirtd that hangs is noticed by its silence (virt_dial.c).
 * A libvirtd that answers may still never end a call, for example while QEMU's monitor hangs, and no call can be
 * cancelled. So this module reports which call it is. */
#include "virt_private.h"

struct VirtCall {
        GThread *thread;
        char *what;
        gint64 begun_us;
};

static GMutex lock;
static GQueue calls = G_QUEUE_INIT; /* of VirtCall */

VirtCall *virt_call_begin(const Virt *virt, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        g_autofree char *what = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        VirtCall *call = g_new0(VirtCall, 1);
        call->thread = g_thread_self();
        call->what = g_strdup_printf("%s (%s)", what, virt_driver(virt));
        call->begun_us = g_get_monotonic_time();
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        g_queue_push_tail(&calls, call);
        return call;
}

void virt_call_end(VirtCall *call)
{
        g_mutex_lock(&lock);
        g_queue_remove(&calls, call);
        g_mutex_unlock(&lock);
        g_free(call->what);
        g_free(call);
}

void virt_call_goes_on(void)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        for (GList *link = calls.head; link; link = link->next) {
                VirtCall *call = link->data;
                if (call->thread == g_thread_self())
                        call->begun_us = g_get_monotonic_time();
        }
}

char *virt_waits_for(unsigned least_s, gint64 *age_us)
{
        const VirtCall *oldest = NULL;
        gint64 now_us = g_get_monotonic_time();
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
        for (GList *link = calls.head; link; link = link->next) {
                const VirtCall *call = link->data;
                if (!oldest || call->begun_us < oldest->begun_us)
                        oldest = call;
        }
        if (!oldest || now_us - oldest->begun_us < (gint64)least_s * G_USEC_PER_SEC)
                return NULL;
        *age_us = now_us - oldest->begun_us;
        return g_strdup(oldest->what);
}
