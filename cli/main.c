/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bar.h"
#include "command.h"
#include "errors.h"

static const Command *const commands[] = {
        &command_init,   &command_build,  &command_publish, &command_ls,      &command_fetch, &command_export,
        &command_verify, &command_remove, &command_gc,      &command_refresh, &command_fleet, &command_trust,
};

bool option_json, option_quiet;

static gboolean json, quiet;
static const GOptionEntry common_options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print the result as one JSON object", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Show no progress", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static void print_usage(FILE *to)
{
        fputs("Usage: lautta COMMAND [OPTION...] [ARGUMENT...]\n\n"
              "Build services as machine images, publish them, and fetch them back verified.\n\nCommands:\n",
              to);
        for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
                fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
        fputs("\n`lautta COMMAND --help` tells more, as does the man page lautta(1).\n", to);
}

static const Command *find_command(const char *name)
{
        for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
                if (strcmp(commands[i]->name, name) == 0)
                        return commands[i];
        return NULL;
}

static GOptionContext *make_context(const Command *command)
{
        g_autofree char *usage = g_strdup_printf("%s - %s", command->arguments, command->summary);
        GOptionContext *context = g_option_context_new(usage);
        if (command->options)
                g_option_context_add_main_entries(context, command->options, NULL);
        g_option_context_add_main_entries(context, common_options, NULL);
        if (command->details)
                g_option_context_set_description(context, command->details);
        return context;
}

/* Parses the options and runs. argv[0] is the command's name. */
static bool run_command(const Command *command, int argc, char **argv, GError **error)
{
        g_autoptr(GOptionContext) context = make_context(command);
        g_autofree char *program = g_strdup_printf("lautta %s", command->name);
        g_set_prgname(program);
        if (!g_option_context_parse(context, &argc, &argv, error)) {
                if (error && *error && (*error)->domain == G_OPTION_ERROR) {
                        g_autoptr(GError) parse_error = *error;
                        *error = NULL;
                        return fail(error, LAUTTA_ERROR_USAGE, "%s; see '%s --help'", parse_error->message,
                                    program);
                }
                return false;
        }
        option_json = json;
        option_quiet = quiet;
        int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
        return command->run(argv + first, argc - first, error);
}

/* A result that could not be printed, to a full disk say, is a failure. */
static int finish_output(const char *name)
{
        if (fflush(stdout) == 0)
                return 0;
        fprintf(stderr, "%s: cannot write to standard output: %s\n", name, g_strerror(errno));
        return 1;
}

int main(int argc, char **argv)
{
        setlocale(LC_ALL, "");
        signal(SIGPIPE, SIG_IGN);
        if (argc < 2) {
                print_usage(stderr);
                return 2;
        }
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
                print_usage(stdout);
                return finish_output("lautta");
        }
        if (strcmp(argv[1], "--version") == 0) {
                puts("lautta " LAUTTA_VERSION);
                return finish_output("lautta");
        }
        const Command *command = find_command(argv[1]);
        if (!command) {
                fprintf(stderr, "lautta: there is no command '%s'; see 'lautta --help'\n", argv[1]);
                return 2;
        }
        g_autoptr(GError) error = NULL;
        if (run_command(command, argc - 1, argv + 1, &error))
                return finish_output(g_get_prgname());
        bar_break();
        fprintf(stderr, "lautta %s: %s\n", command->name, error->message);
        return error_exit_code(error);
}
