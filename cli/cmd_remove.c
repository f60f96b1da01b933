/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "errors.h"

static bool run(char **arguments, int count, GError **error)
{
        return fail(error, LAUTTA_ERROR_SYSTEM, "not written yet");
}

const Command command_remove = {
        .name = "remove",
        .arguments = "SERVICE=VERSION --depot DEPOT",
        .summary = "Take a version out of a depot",
        .run = run,
};
