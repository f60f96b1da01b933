/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "errors.h"

static bool run(char **arguments, int count, GError **error)
{
        return fail(error, LAUTTA_ERROR_SYSTEM, "not written yet");
}

const Command command_ls = {
        .name = "ls",
        .arguments = "--depot DEPOT|URL",
        .summary = "List the services and versions in a depot",
        .run = run,
};
