/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "errors.h"

static bool run(char **arguments, int count, GError **error)
{
        return fail(error, LAUTTA_ERROR_SYSTEM, "not written yet");
}

const Command command_fetch = {
        .name = "fetch",
        .arguments = "SERVICE[=VERSION] --depot DEPOT|URL --keyring FILE -o IMAGE",
        .summary = "Fetch an image, verified and resumable",
        .run = run,
};
