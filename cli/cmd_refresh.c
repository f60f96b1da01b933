/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "errors.h"

static bool run(char **arguments, int count, GError **error)
{
        return fail(error, LAUTTA_ERROR_SYSTEM, "not written yet");
}

const Command command_refresh = {
        .name = "refresh",
        .arguments = "--depot DEPOT",
        .summary = "Sign a depot anew with new dates",
        .run = run,
};
