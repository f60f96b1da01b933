/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "errors.h"

static bool run(char **arguments, int count, GError **error)
{
        return fail(error, LAUTTA_ERROR_SYSTEM, "not written yet");
}

const Command command_publish = {
        .name = "publish",
        .arguments = "SERVICE.yaml [--image IMAGE] --depot DEPOT",
        .summary = "Put a version of a service into a depot",
        .run = run,
};
