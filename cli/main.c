/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

static const Command *const commands[] = {
        &command_init,  &command_build,   &command_publish, &command_ls,
        &command_fetch, &command_export,  &command_verify,  &command_remove,
        &command_gc,    &command_refresh, &command_fleet,   &command_trust,
        NULL,
};

static const Program lautta = {
        .name = "lautta",
        .summary = "Build services as machine images, publish them, and fetch them back verified.",
        .manual = "lautta(1)",
        .commands = commands,
};

int main(int argc, char **argv)
{
        return program_main(&lautta, argc, argv);
}
