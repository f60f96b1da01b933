/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limit of how many processes and threads a container has. libvirt does not know the control group "pids", and
 * RLIMIT_NPROC does not hold for root, so this module writes to the control groups itself. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* True if this host can limit the processes of a container. Errors: SYSTEM with what the host lacks. */
bool process_limit_check(GError **error);

/* Put all processes below `controller`, libvirt's process of the container `name` (NAME_VERSION), under `limit`. Cheap
 * if they are there already. If killed at any moment, the next call completes the work. Errors: NOT_FOUND if the
 * container has ended, TRY_AGAIN if it forks faster than its processes are caught, SYSTEM without such a control group.
 * */
bool process_limit_set(const char *name, int controller, unsigned limit, GError **error);

/* Returns: owned directory with a directory NAME_VERSION for each container that has ended or runs; NULL: libvirt
 * makes and removes its own (control groups of version 2). */
char *process_limit_groups(void);
