/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands of `lautta`; each is defined in cmd_NAME.c. */
#pragma once

#include "program.h"

extern const Command command_build, command_export, command_fetch, command_fleet, command_gc, command_init,
        command_ls, command_publish, command_refresh, command_remove, command_trust, command_verify;
