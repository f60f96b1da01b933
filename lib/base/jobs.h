/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pool of threads for jobs that come one by one. jobs_push() blocks while too many jobs wait, so that memory
 * stays bounded. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Jobs Jobs;

typedef struct {
        unsigned threads;
        unsigned max; /* jobs that may wait or run at a time */
        /* Do one job, on any of the threads. False, with the error set, stops all. */
        bool (*run)(void *user, void *job, GError **error);
        GDestroyNotify free_job;
        void *user;
} JobsOptions;

/* `options` is copied. Errors: SYSTEM. */
Jobs *jobs_new(const JobsOptions *options, GError **error);

/* Hand over a job; waits for room. Errors: those of a job that failed before. */
bool jobs_push(Jobs *jobs, void *job, GError **error);

/* Wait for all jobs. Errors: the first one of a job. Only jobs_free() may follow. */
bool jobs_finish(Jobs *jobs, GError **error);
void jobs_free(Jobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Jobs, jobs_free)
