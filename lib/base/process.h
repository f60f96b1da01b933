/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running other programs: an argument vector, never a shell; their standard error becomes our message. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
        const char *const
                *argv;          /* NULL-terminated; argv[0] is looked up in PATH (and the sbin directories) */
        const char *const *env; /* extra NAME=VALUE, NULL-terminated, or NULL */
        const char *const *unset; /* names removed from the environment, NULL-terminated, or NULL */
        const char *directory;    /* working directory, or NULL for ours */
        GBytes *input;            /* fed to standard input, or NULL for /dev/null */
        size_t max_output_bytes; /* more on standard output is an error; 0: output is not captured but dropped
                                  */
        const char *output_file; /* file that gets standard output alone, or NULL */
        const char
                *log; /* file that gets standard output and error, or NULL. A program with a log runs to its
                          * end even if ours is killed. Messages then lack the words of the program */
        unsigned max_seconds;     /* wall-clock time after which the program is killed; 0: none */
        unsigned max_cpu_seconds; /* RLIMIT_CPU of the program; 0: none */
        bool foreign_input;       /* it reads untrusted bytes: its death by a signal is CORRUPT, not SYSTEM */
} Process;

/* Run to the end. `output` (owned bytes) may be NULL; `exit_status` may be NULL, and then anything but 0
 * fails with the last lines of standard error in the message. A program that is missing is NOT_FOUND, with
 * its name. The end of `max_seconds` kills the program itself, not the programs that it started.
 * Errors: NOT_FOUND, CORRUPT if it prints too much or uses more than `max_cpu_seconds`, TRY_AGAIN after
 * `max_seconds`, SYSTEM. */
bool process_run(const Process *process, GBytes **output, int *exit_status, GError **error);

/* True if the program `name` is in PATH or an sbin directory. */
bool process_exists(const char *name);
