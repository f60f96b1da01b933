/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs.h"

struct Jobs {
        JobsOptions options;
        GThreadPool *pool;
        GMutex lock;
        GCond done;
        unsigned under_way;
        GError *error; /* the first */
};

static bool has_failed(Jobs *jobs, GError **error)
{
        g_mutex_lock(&jobs->lock);
        bool failed = jobs->error != NULL;
        if (failed && error)
                g_propagate_error(error, g_error_copy(jobs->error));
        g_mutex_unlock(&jobs->lock);
        return failed;
}

/* After the first failure, jobs that wait are only freed. */
static void run_job(void *job, void *user)
{
        Jobs *jobs = user;
        GError *error = NULL;
        if (!has_failed(jobs, NULL))
                jobs->options.run(jobs->options.user, job, &error);
        jobs->options.free_job(job);
        g_mutex_lock(&jobs->lock);
        if (error && jobs->error)
                g_error_free(error);
        else if (error)
                jobs->error = error;
        jobs->under_way--;
        g_cond_signal(&jobs->done);
        g_mutex_unlock(&jobs->lock);
}

Jobs *jobs_new(const JobsOptions *options, GError **error)
{
        g_autoptr(Jobs) jobs = g_new0(Jobs, 1);
        jobs->options = *options;
        g_mutex_init(&jobs->lock);
        g_cond_init(&jobs->done);
        jobs->pool = g_thread_pool_new(run_job, jobs, (int)options->threads, true, error);
        return jobs->pool ? g_steal_pointer(&jobs) : NULL;
}

bool jobs_push(Jobs *jobs, void *job, GError **error)
{
        g_mutex_lock(&jobs->lock);
        while (jobs->under_way >= jobs->options.max && !jobs->error)
                g_cond_wait(&jobs->done, &jobs->lock);
        jobs->under_way++;
        g_mutex_unlock(&jobs->lock);
        /* It cannot fail: the pool has its threads already. */
        g_thread_pool_push(jobs->pool, job, NULL);
        return !has_failed(jobs, error);
}

bool jobs_finish(Jobs *jobs, GError **error)
{
        g_thread_pool_free(g_steal_pointer(&jobs->pool), false, true);
        return !has_failed(jobs, error);
}

void jobs_free(Jobs *jobs)
{
        if (!jobs)
                return;
        if (jobs->pool)
                g_thread_pool_free(jobs->pool, false, true);
        g_mutex_clear(&jobs->lock);
        g_cond_clear(&jobs->done);
        g_clear_error(&jobs->error);
        g_free(jobs);
}
