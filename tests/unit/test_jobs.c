/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jobs.h"

#include "errors.h"

enum { THREADS = 3, MAX = 4, COUNT = 500 };

typedef struct {
        gint under_way, most, done, freed; /* atomic */
        gint fail_at;                      /* the job of this number fails; -1: none */
} Tally;

static Tally tally;

static bool work(void *user, void *job, GError **error)
{
        g_assert_true(user == &tally);
        gint now = g_atomic_int_add(&tally.under_way, 1) + 1;
        if (now > g_atomic_int_get(&tally.most))
                g_atomic_int_set(&tally.most, now);
        g_usleep(100);
        g_atomic_int_inc(&tally.done);
        g_atomic_int_add(&tally.under_way, -1);
        return *(int *)job != tally.fail_at || fail(error, LAUTTA_ERROR_NO_SPACE, "job %d", *(int *)job);
}

static void free_job(void *job)
{
        g_atomic_int_inc(&tally.freed);
        g_free(job);
}

/* Push until it fails or all are pushed. Returns: how many were pushed. */
static int push_all(Jobs *jobs, GError **error)
{
        for (int i = 0; i < COUNT; i++) {
                int *job = g_new(int, 1);
                *job = i;
                if (!jobs_push(jobs, job, error))
                        return i + 1;
        }
        return COUNT;
}

static Jobs *begin(int fail_at)
{
        tally = (Tally){.fail_at = fail_at};
        Jobs *jobs = jobs_new(&(JobsOptions){THREADS, MAX, work, free_job, &tally}, NULL);
        g_assert_nonnull(jobs);
        return jobs;
}

static void all_jobs_are_done_on_some_threads(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Jobs) jobs = begin(-1);
        g_assert_cmpint(push_all(jobs, &error), ==, COUNT);
        g_assert_true(jobs_finish(jobs, &error));
        g_assert_no_error(error);
        g_assert_cmpint(tally.done, ==, COUNT);
        g_assert_cmpint(tally.freed, ==, COUNT);
        g_assert_cmpint(tally.most, <=, THREADS);
}

static void a_job_that_fails_stops_those_that_push_and_those_that_wait(void)
{
        g_autoptr(GError) error = NULL, last = NULL;
        g_autoptr(Jobs) jobs = begin(20);
        int pushed = push_all(jobs, &error);
        g_assert_cmpint(pushed, <, 20 + 2 * MAX + 2);
        g_assert_true(error_is(error, LAUTTA_ERROR_NO_SPACE));
        g_assert_false(jobs_finish(jobs, &last));
        g_assert_true(error_is(last, LAUTTA_ERROR_NO_SPACE));
        g_assert_cmpint(tally.freed, ==, pushed);
}

static void jobs_that_are_given_up_are_waited_for(void)
{
        Jobs *jobs = begin(-1);
        int pushed = push_all(jobs, NULL);
        jobs_free(jobs);
        g_assert_cmpint(tally.freed, ==, pushed);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/jobs/all_jobs_are_done_on_some_threads", all_jobs_are_done_on_some_threads);
        g_test_add_func("/jobs/a_job_that_fails_stops_those_that_push_and_those_that_wait",
                        a_job_that_fails_stops_those_that_push_and_those_that_wait);
        g_test_add_func("/jobs/jobs_that_are_given_up_are_waited_for", jobs_that_are_given_up_are_waited_for);
        return g_test_run();
}
