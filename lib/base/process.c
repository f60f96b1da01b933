/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "errors.h"

enum { STDERR_KEPT_BYTES = 4096, READ_BYTES = 65536 };

/* Returns: owned PATH with the sbin directories, which a plain user's PATH lacks (mke2fs). */
static char *search_path(void)
{
        const char *path = g_getenv("PATH");
        return g_strconcat(path ? path : "/usr/bin:/bin", ":/usr/sbin:/sbin", NULL);
}

static char *find_program(const char *name)
{
        if (strchr(name, '/'))
                return g_strdup(name);
        g_autofree char *path = search_path();
        g_auto(GStrv) directories = g_strsplit(path, ":", -1);
        for (char **directory = directories; *directory; directory++) {
                g_autofree char *candidate = g_build_filename(**directory ? *directory : ".", name, NULL);
                if (g_file_test(candidate, G_FILE_TEST_IS_EXECUTABLE) &&
                    !g_file_test(candidate, G_FILE_TEST_IS_DIR))
                        return g_steal_pointer(&candidate);
        }
        return NULL;
}

bool process_exists(const char *name)
{
        g_autofree char *found = find_program(name);
        return found != NULL;
}

/* Between fork and exec: async-signal-safe calls alone. The hard limit is a second later, because SIGXCPU can
 * be ignored and SIGKILL cannot. */
static void limit_cpu(void *data)
{
        const Process *process = data;
        struct rlimit limit = {process->max_cpu_seconds, process->max_cpu_seconds + 1};
        setrlimit(RLIMIT_CPU, &limit);
}

static GSubprocess *start(const Process *process, GSubprocessFlags flags, GError **error)
{
        g_autofree char *program = find_program(process->argv[0]);
        if (!program) {
                fail(error, LAUTTA_ERROR_NOT_FOUND, "the program '%s' is not installed", process->argv[0]);
                return NULL;
        }
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(flags);
        g_autofree char *path = search_path();
        g_subprocess_launcher_setenv(launcher, "PATH", path, true);
        g_subprocess_launcher_setenv(launcher, "LC_ALL", "C.UTF-8", true);
        for (const char *const *name = process->unset; name && *name; name++)
                g_subprocess_launcher_unsetenv(launcher, *name);
        for (const char *const *pair = process->env; pair && *pair; pair++) {
                g_auto(GStrv) parts = g_strsplit(*pair, "=", 2);
                g_subprocess_launcher_setenv(launcher, parts[0], parts[1], true);
        }
        if (process->directory)
                g_subprocess_launcher_set_cwd(launcher, process->directory);
        if (process->log)
                g_subprocess_launcher_set_stdout_file_path(launcher, process->log);
        else if (process->output_file)
                g_subprocess_launcher_set_stdout_file_path(launcher, process->output_file);
        if (process->max_cpu_seconds)
                g_subprocess_launcher_set_child_setup(launcher, limit_cpu, (void *)process, NULL);

        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_ptr_array_add(argv, program);
        for (const char *const *arg = process->argv + 1; *arg; arg++)
                g_ptr_array_add(argv, (char *)*arg);
        g_ptr_array_add(argv, NULL);
        GSubprocess *child = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv->pdata, error);
        if (!child)
                g_prefix_error(error, "cannot start '%s': ", process->argv[0]);
        return child;
}

/* The clock of one run: its thread kills the program at the deadline. */
typedef struct {
        GSubprocess *child;
        GCancellable *cancellable; /* ends the reads of pipes that a child of the program still holds open */
        gint64 deadline_us;        /* g_get_monotonic_time() */
        GMutex mutex;
        GCond changed;
        bool ended;
        bool expired;
        GThread *thread; /* NULL without a deadline */
} Clock;

static void *clock_thread(void *data)
{
        Clock *clock = data;
        g_mutex_lock(&clock->mutex);
        while (!clock->ended && !clock->expired)
                clock->expired = !g_cond_wait_until(&clock->changed, &clock->mutex, clock->deadline_us);
        if (!clock->ended) {
                g_subprocess_force_exit(clock->child);
                g_cancellable_cancel(clock->cancellable);
        }
        g_mutex_unlock(&clock->mutex);
        return NULL;
}

static void clock_start(Clock *clock, const Process *process)
{
        clock->deadline_us = g_get_monotonic_time() + (gint64)process->max_seconds * G_USEC_PER_SEC;
        clock->cancellable = g_cancellable_new();
        g_mutex_init(&clock->mutex);
        g_cond_init(&clock->changed);
        if (process->max_seconds)
                clock->thread = g_thread_new("deadline", clock_thread, clock);
}

static void clock_stop(Clock *clock)
{
        g_mutex_lock(&clock->mutex);
        clock->ended = true;
        g_cond_signal(&clock->changed);
        g_mutex_unlock(&clock->mutex);
        if (clock->thread)
                g_thread_join(clock->thread);
        g_mutex_clear(&clock->mutex);
        g_cond_clear(&clock->changed);
        g_clear_object(&clock->cancellable);
}

/* One pipe from the program, read by a thread of its own or by the caller's. */
typedef struct {
        GInputStream *stream;
        GCancellable *cancellable;
        size_t max_bytes;
        bool keep_end; /* keep the last max_bytes rather than stop there */
        bool overflow;
        GByteArray *bytes;
} Drain;

static void *drain_thread(void *data)
{
        Drain *drain = data;
        g_autofree char *buffer = g_malloc(READ_BYTES);
        gssize n = 0;
        while (drain->stream &&
               (n = g_input_stream_read(drain->stream, buffer, READ_BYTES, drain->cancellable, NULL)) > 0) {
                if (drain->overflow)
                        continue;
                g_byte_array_append(drain->bytes, (const guint8 *)buffer, (guint)n);
                if (drain->bytes->len <= drain->max_bytes)
                        continue;
                if (drain->keep_end)
                        g_byte_array_remove_range(drain->bytes, 0,
                                                  drain->bytes->len - (guint)drain->max_bytes);
                else
                        drain->overflow = true;
        }
        return NULL;
}

typedef struct {
        GOutputStream *stream;
        GCancellable *cancellable;
        GBytes *bytes;
} Feed;

static void *feed_thread(void *data)
{
        Feed *feed = data;
        size_t size = 0;
        const void *bytes = g_bytes_get_data(feed->bytes, &size);
        /* A program may rightly stop reading early: its exit status counts, not the broken pipe. */
        g_output_stream_write_all(feed->stream, bytes, size, NULL, feed->cancellable, NULL);
        g_output_stream_close(feed->stream, NULL, NULL);
        return NULL;
}

/* Describe the end of the program for a message. Returns: owned text. */
static char *describe_end(const Process *process, GSubprocess *child)
{
        if (g_subprocess_get_if_exited(child))
                return g_strdup_printf("failed with status %d", g_subprocess_get_exit_status(child));
        int number = g_subprocess_get_term_sig(child);
        if (number == SIGXCPU && process->max_cpu_seconds)
                return g_strdup_printf("used more than the %u s of processor time allowed",
                                       process->max_cpu_seconds);
        return g_strdup_printf("was ended by signal %d", number);
}

static LauttaErrorCode code_of_end(const Process *process, GSubprocess *child, const char *complaint)
{
        if (g_subprocess_get_if_exited(child))
                return error_code_from_text(complaint);
        bool used_up = g_subprocess_get_term_sig(child) == SIGXCPU && process->max_cpu_seconds;
        return used_up || process->foreign_input ? LAUTTA_ERROR_CORRUPT : LAUTTA_ERROR_SYSTEM;
}

static bool report(const Process *process, GSubprocess *child, const Drain *err, int *exit_status,
                   GError **error)
{
        bool exited = g_subprocess_get_if_exited(child);
        if (exited && exit_status) {
                *exit_status = g_subprocess_get_exit_status(child);
                return true;
        }
        if (exited && g_subprocess_get_exit_status(child) == 0)
                return true;
        g_autofree char *text =
                g_strndup(err->bytes->len ? (const char *)err->bytes->data : "", err->bytes->len);
        g_autofree char *valid = g_utf8_make_valid(g_strstrip(text), -1);
        g_autofree char *how = describe_end(process, child);
        return fail(error, code_of_end(process, child, valid), "'%s' %s%s%s", process->argv[0], how,
                    *valid ? ": " : "", valid);
}

static GSubprocessFlags choose_flags(const Process *process)
{
        GSubprocessFlags input = process->input ? G_SUBPROCESS_FLAGS_STDIN_PIPE : G_SUBPROCESS_FLAGS_NONE;
        if (process->log)
                return input | G_SUBPROCESS_FLAGS_STDERR_MERGE;
        if (process->output_file)
                return input | G_SUBPROCESS_FLAGS_STDERR_PIPE;
        return input | G_SUBPROCESS_FLAGS_STDERR_PIPE |
               (process->max_output_bytes ? G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                          : G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
}

/* Serve the pipes of `child` until it has ended or its deadline has. Returns: true if the deadline came. */
static bool serve(const Process *process, GSubprocess *child, Drain *out, Drain *err)
{
        Clock clock = {.child = child};
        clock_start(&clock, process);
        out->cancellable = err->cancellable = clock.cancellable;
        Feed feed = {g_subprocess_get_stdin_pipe(child), clock.cancellable, process->input};
        GThread *err_thread = g_thread_new("stderr", drain_thread, err);
        GThread *feeder = process->input ? g_thread_new("stdin", feed_thread, &feed) : NULL;
        if (process->max_output_bytes)
                drain_thread(out);
        if (feeder)
                g_thread_join(feeder);
        g_thread_join(err_thread);
        g_subprocess_wait(child, NULL, NULL); /* without a cancellable it cannot fail */
        clock_stop(&clock);
        return clock.expired;
}

bool process_run(const Process *process, GBytes **output, int *exit_status, GError **error)
{
        g_autoptr(GSubprocess) child = start(process, choose_flags(process), error);
        if (!child)
                return false;
        g_autoptr(GByteArray) err_bytes = g_byte_array_new();
        g_autoptr(GByteArray) out_bytes = g_byte_array_new();
        Drain err = {.stream = g_subprocess_get_stderr_pipe(child),
                     .max_bytes = STDERR_KEPT_BYTES,
                     .keep_end = true,
                     .bytes = err_bytes};
        Drain out = {.stream = g_subprocess_get_stdout_pipe(child),
                     .max_bytes = process->max_output_bytes,
                     .bytes = out_bytes};
        if (serve(process, child, &out, &err))
                return fail(error, LAUTTA_ERROR_TRY_AGAIN, "'%s' did not end within %u s and was killed",
                            process->argv[0], process->max_seconds);
        if (out.overflow)
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' printed more than the %zu bytes allowed",
                            process->argv[0], process->max_output_bytes);
        if (!report(process, child, &err, exit_status, error))
                return false;
        if (output)
                *output = g_byte_array_free_to_bytes(g_steal_pointer(&out_bytes));
        return true;
}
