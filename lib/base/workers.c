/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workers.h"

typedef struct {
        size_t count, stretch;
        WorkersFunction function;
        void *user;
        GMutex lock;
        size_t next;
        GError *error;
} Work;

static bool take_stretch(Work *work, size_t *first, size_t *count)
{
        g_mutex_lock(&work->lock);
        *first = work->next;
        *count = work->error ? 0 : MIN(work->stretch, work->count - work->next);
        work->next += *count;
        g_mutex_unlock(&work->lock);
        return *count > 0;
}

static void *work_thread(void *data)
{
        Work *work = data;
        size_t first = 0, count = 0;
        while (take_stretch(work, &first, &count)) {
                GError *error = NULL;
                if (work->function(work->user, first, count, &error))
                        continue;
                g_mutex_lock(&work->lock);
                if (work->error)
                        g_error_free(error);
                else
                        work->error = error;
                g_mutex_unlock(&work->lock);
        }
        return NULL;
}

bool workers_run(size_t count, size_t stretch, WorkersFunction function, void *user, GError **error)
{
        return workers_run_few(G_MAXUINT, count, stretch, function, user, error);
}

bool workers_run_few(guint threads_max, size_t count, size_t stretch, WorkersFunction function, void *user,
                     GError **error)
{
        Work work = {.count = count, .stretch = stretch, .function = function, .user = user};
        g_mutex_init(&work.lock);
        size_t useful = (count + stretch - 1) / stretch;
        guint others = (guint)MIN(useful, MIN(threads_max, g_get_num_processors()));
        g_autofree GThread **threads = g_new0(GThread *, others);
        for (guint i = 1; i < others; i++)
                threads[i] = g_thread_new("worker", work_thread, &work);
        work_thread(&work);
        for (guint i = 1; i < others; i++)
                g_thread_join(threads[i]);
        g_mutex_clear(&work.lock);
        if (!work.error)
                return true;
        g_propagate_error(error, work.error);
        return false;
}
