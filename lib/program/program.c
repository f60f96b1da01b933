/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "bar.h"
#include "errors.h"
#include "output.h"

bool option_json, option_quiet;

static gboolean json, quiet;
static const GOptionEntry common_options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print the result as one JSON object", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Show no progress", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static void print_usage(const Program *program, FILE *to)
{
        fprintf(to, "Usage: %s COMMAND [OPTION...] [ARGUMENT...]\n\n%s\n\nCommands:\n", program->name,
                program->summary);
        for (const Command *const *command = program->commands; *command; command++)
                fprintf(to, "  %-9s %s\n", (*command)->name, (*command)->summary);
        fprintf(to, "\n`%s COMMAND --help` tells more, as does the man page %s.\n", program->name,
                program->manual);
}

static const Command *find_command(const Program *program, const char *name)
{
        for (const Command *const *command = program->commands; *command; command++)
                if (strcmp((*command)->name, name) == 0)
                        return *command;
        return NULL;
}

static GOptionContext *make_context(const Program *program, const Command *command)
{
        g_autofree char *usage = g_strdup_printf("%s - %s", command->arguments, command->summary);
        GOptionContext *context = g_option_context_new(usage);
        if (command->options)
                g_option_context_add_main_entries(context, command->options, NULL);
        if (command->shared_options)
                g_option_context_add_main_entries(context, command->shared_options, NULL);
        if (program->options)
                g_option_context_add_main_entries(context, program->options, NULL);
        g_option_context_add_main_entries(context, common_options, NULL);
        if (command->details)
                g_option_context_set_description(context, command->details);
        return context;
}

/* Parses the options and runs. argv[0] is the command's name. */
static bool run_command(const Program *program, const Command *command, int argc, char **argv, GError **error)
{
        g_autoptr(GOptionContext) context = make_context(program, command);
        g_autofree char *name = g_strdup_printf("%s %s", program->name, command->name);
        g_set_prgname(name);
        if (!g_option_context_parse(context, &argc, &argv, error)) {
                if (error && *error && (*error)->domain == G_OPTION_ERROR) {
                        g_autoptr(GError) parse_error = *error;
                        *error = NULL;
                        return fail(error, LAUTTA_ERROR_USAGE, "%s; see '%s --help'", parse_error->message,
                                    name);
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

int program_main(const Program *program, int argc, char **argv)
{
        setlocale(LC_ALL, "");
        signal(SIGPIPE, SIG_IGN);
        if (argc < 2) {
                print_usage(program, stderr);
                return EXIT_CODE_USAGE;
        }
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
                print_usage(program, stdout);
                return finish_output(program->name);
        }
        if (strcmp(argv[1], "--version") == 0) {
                printf("%s " LAUTTA_VERSION "\n", program->name);
                return finish_output(program->name);
        }
        const Command *command = find_command(program, argv[1]);
        if (!command) {
                output_note("%s: there is no command '%s'; see '%s --help'\n", program->name, argv[1],
                            program->name);
                return EXIT_CODE_USAGE;
        }
        g_autoptr(GError) error = NULL;
        if (run_command(program, command, argc - 1, argv + 1, &error))
                return finish_output(g_get_prgname());
        bar_break();
        output_note("%s %s: %s\n", program->name, command->name, error->message);
        return error_exit_code(error);
}
