/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program of commands, like `lautta` and `lautta-agent`: options, help and exit codes. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A command. Each is a file with one such descriptor, which the table in main.c names. */
typedef struct {
        const char *name;
        const char *arguments; /* as --help shows them */
        const char *summary;   /* one line, for `PROGRAM --help` */
        const char *details;   /* a paragraph and examples, for `PROGRAM NAME --help`; may be NULL */
        /* The options, NULL-terminated by an empty entry, or NULL; filled in before run(). */
        const GOptionEntry *options;
        const GOptionEntry *shared_options; /* likewise: options that several commands have */
        /* Do it; `count` positional arguments. program_main() prints the error and turns it into the exit
         * code. */
        bool (*run)(char **arguments, int count, GError **error);
} Command;

typedef struct {
        const char *name;
        const char *summary;            /* one sentence */
        const char *manual;             /* the man page: "lautta(1)" */
        const Command *const *commands; /* NULL-terminated */
        const GOptionEntry *options;    /* of every command, in addition to --json and --quiet; may be NULL */
} Program;

/* Every command has --json and --quiet; program_main() fills these in. */
extern bool option_json, option_quiet;

/* Find the command, parse its options, run it, and print its error. Returns: the exit code (docs of
 * errors.h); 2 for wrong usage. */
int program_main(const Program *program, int argc, char **argv);
