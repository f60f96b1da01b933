/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work that comes piece by piece and is done by several threads; who brings it waits while too much of it
 * waits, so that memory stays bounded. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Jobs Jobs;

typedef struct {
        unsigned threads;
        unsigned max; /* jobs that may be under way, those that wait included */
        /* Do one; on any of the threads. False stops all with the error set. */
        bool (*run)(void *user, void *job, GError **error);
        GDestroyNotify free_job;
        void *user;
} JobsOptions;

/* `options` is copied. Errors: SYSTEM. */
Jobs *jobs_new(const JobsOptions *options, GError **error);

/* Hand over a job; waits for room. Errors: what a job before it failed with. */
bool jobs_push(Jobs *jobs, void *job, GError **error);

/* Wait for all of them. Errors: the first that a job failed with. Only jobs_free() may follow. */
bool jobs_finish(Jobs *jobs, GError **error);
void jobs_free(Jobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Jobs, jobs_free)
