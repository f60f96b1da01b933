/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "orders_gather.h"

#include "deb822.h"
#include "errors.h"
#include "list.h"
#include "signature.h"
#include "units.h"

/* Further sources are read by the first threads that are done. */
enum { THREADS_MAX = 8 };

typedef struct {
        const OrdersConf *conf;
        GArray *gathered;
        GCancellable *cancel;
        GMutex mutex; /* of the next two */
        GCond changed;
        guint left; /* places that are not read yet */
        bool has_list;
} Gathering;

static void clear_one(void *data)
{
        Gathered *one = data;
        offer_clear(&one->offer);
        g_clear_error(&one->why);
}

/* The serial only decides which message is tried first, so a false one does no harm; the signature decides. */
static int64_t claimed_serial(GBytes *message)
{
        static const char field[] = "Serial: ";
        g_autoptr(GBytes) text = message ? signature_open_unverified(message, NULL) : NULL;
        Span rest = text ? span_of(text) : (Span){0};
        Span line = {0};
        uint64_t serial = 0;
        while (span_next_line(&rest, &line)) {
                g_autofree char *copy = line.size <= 64 ? span_dup(line) : NULL;
                if (copy && g_str_has_prefix(copy, field) &&
                    number_parse(copy + strlen(field), 0, LIST_SERIAL_MAX, &serial, NULL))
                        return (int64_t)serial;
        }
        return -1;
}

static void read_one(void *item, void *user)
{
        Gathering *gathering = user;
        Gathered *one = item;
        if (!g_cancellable_is_cancelled(gathering->cancel))
                orders_read_source(gathering->conf, one->place, gathering->cancel, &one->offer, &one->why);
        if (g_cancellable_is_cancelled(gathering->cancel) && !one->offer.list) {
                g_clear_error(&one->why);
                fail(&one->why, LAUTTA_ERROR_TRY_AGAIN, "the source did not answer in time, and others did");
        }
        one->trust_serial = claimed_serial(one->offer.trust);
        one->list_serial = claimed_serial(one->offer.list);
        g_mutex_lock(&gathering->mutex);
        gathering->left--;
        gathering->has_list = gathering->has_list || one->offer.list;
        g_cond_signal(&gathering->changed);
        g_mutex_unlock(&gathering->mutex);
}

static void wait_for_answers(Gathering *gathering)
{
        const unsigned grace_ms =
                gathering->conf->grace_ms ? gathering->conf->grace_ms : (unsigned)ORDERS_GRACE_MS;
        g_mutex_lock(&gathering->mutex);
        while (gathering->left > 0 && !gathering->has_list)
                g_cond_wait(&gathering->changed, &gathering->mutex);
        gint64 until_us = g_get_monotonic_time() + (gint64)grace_ms * 1000;
        while (gathering->left > 0 && g_cond_wait_until(&gathering->changed, &gathering->mutex, until_us))
                continue;
        g_mutex_unlock(&gathering->mutex);
        g_cancellable_cancel(gathering->cancel);
}

GArray *orders_gather(const OrdersConf *conf, const char *const *places)
{
        guint count = g_strv_length((GStrv)places);
        g_autoptr(GCancellable) cancel = g_cancellable_new();
        Gathering gathering = {
                .conf = conf,
                .gathered = g_array_sized_new(false, true, sizeof(Gathered), count),
                .cancel = cancel,
                .left = count,
        };
        g_array_set_clear_func(gathering.gathered, clear_one);
        g_array_set_size(gathering.gathered, count);
        g_mutex_init(&gathering.mutex);
        g_cond_init(&gathering.changed);
        GThreadPool *pool = g_thread_pool_new(read_one, &gathering, THREADS_MAX, false, NULL);
        for (guint i = 0; i < count; i++) {
                Gathered *one = &g_array_index(gathering.gathered, Gathered, i);
                one->place = places[i];
                g_thread_pool_push(pool, one, NULL);
        }
        wait_for_answers(&gathering);
        g_thread_pool_free(pool, false, true);
        g_mutex_clear(&gathering.mutex);
        g_cond_clear(&gathering.changed);
        return gathering.gathered;
}
