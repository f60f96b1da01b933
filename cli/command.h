/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command of `lautta` is: one file that defines one descriptor, named in the table of main.c. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
        const char *name;
        const char *arguments; /* as --help shows them */
        const char *summary;   /* one line, for `lautta --help` */
        const char *details;   /* a paragraph and examples, for `lautta NAME --help`; may be NULL */
        /* The options, NULL-terminated by an empty entry, or NULL; filled in before run(). */
        const GOptionEntry *options;
        /* Do it; `count` positional arguments. main() prints the error and turns it into the exit code. */
        bool (*run)(char **arguments, int count, GError **error);
} Command;

extern const Command command_build, command_export, command_fetch, command_fleet, command_gc, command_init,
        command_ls, command_publish, command_refresh, command_remove, command_trust, command_verify;

/* Every command has --json and --quiet; main() fills these in. */
extern bool option_json, option_quiet;
