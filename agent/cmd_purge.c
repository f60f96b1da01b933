/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "errors.h"
#include "manual.h"
#include "output.h"
#include "session.h"
#include "units.h"

static gboolean yes;

static const GOptionEntry options[] = {
        {"yes", 'y', 0, G_OPTION_ARG_NONE, &yes, "Do not ask", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static void show(const char *service, const GPtrArray *volumes)
{
        for (guint i = 0; i < volumes->len; i++) {
                const OperationVolume *volume = volumes->pdata[i];
                g_autofree char *size = size_format(volume->size_bytes);
                output_note("%s: volume '%s', %s\n", service, volume->name, size);
        }
}

static bool ask(const char *service, GError **error)
{
        char answer[16] = "";
        if (yes)
                return true;
        if (!isatty(STDIN_FILENO))
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "the volumes of '%s' are not removed: this cannot be undone; repeat the command with --yes",
                        service);
        output_note("Remove these volumes and all that is in them for ever? Type 'yes': ");
        if (!fgets(answer, sizeof answer, stdin) || strcmp(g_strstrip(answer), "yes") != 0)
                return fail(error, LAUTTA_ERROR_USAGE, "nothing was removed: the answer was not 'yes'");
        return true;
}

static bool purge(Session *session, bool running, const char *service, GError **error)
{
        if (!running)
                return manual_purge(session->agent, service, error);
        g_autoptr(json_t) request = json_pack("{s:s, s:s}", "command", "purge", "service", service);
        g_autoptr(json_t) answer = session_ask(session, request, 0, error);
        return answer != NULL;
}

static json_t *to_json(const char *service, const GPtrArray *volumes)
{
        json_t *all = json_array();
        for (guint i = 0; i < volumes->len; i++) {
                const OperationVolume *volume = volumes->pdata[i];
                json_array_append_new(all, json_pack("{s:s, s:I}", "name", volume->name, "bytes",
                                                     (json_int_t)volume->size_bytes));
        }
        return json_pack("{s:s, s:o}", "service", service, "removed", all);
}

static bool run(char **arguments, int count, GError **error)
{
        bool running = false;
        g_auto(Session) session = SESSION_INIT;
        if (!session_arguments(arguments, count, 1, 1, error) || !session_open(&session, error) ||
            !session_lock(&session, &running, error))
                return false;
        g_autoptr(GPtrArray) volumes = manual_purge_look(session.agent, arguments[0], error);
        if (!volumes)
                return false;
        if (!option_quiet)
                show(arguments[0], volumes);
        if (!ask(arguments[0], error) || !purge(&session, running, arguments[0], error))
                return false;
        return !option_json || output_json(to_json(arguments[0], volumes), error);
}

const Command command_purge = {
        .name = "purge",
        .arguments = "SERVICE [--yes]",
        .summary = "Remove the volumes of a service that is gone",
        .details =
                "A service that is removed leaves its volumes, in case it comes back. This removes them for ever, and asks first.\n\n"
                "Example:\n  lautta-agent purge web",
        .options = options,
        .run = run,
};
