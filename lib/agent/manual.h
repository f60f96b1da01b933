/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people ask for by hand. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent.h"

/* Stop all that runs here, and take the host's network and firewall for it away. The next pass starts it
 * again. What one service cannot keeps no other from being stopped. Errors: of the first that failed. */
bool manual_down(Agent *agent, GError **error);

/* Let a service that was halted, or whose version is known to be bad, be started again by the next pass.
 * Errors: NOT_FOUND; TRY_AGAIN while it is being worked on; SYSTEM. */
bool manual_start(Agent *agent, const char *service, GError **error);

typedef struct {
        char *name;
        uint64_t size_bytes; /* that it takes of the disk */
} OperationVolume;

/* Returns: owned array of owned OperationVolume, sorted. Errors: NOT_FOUND if there is none; CONFLICT if the
 * service is still here, and who wants it. */
GPtrArray *manual_purge_look(Agent *agent, const char *service, GError **error);

/* Remove them. There is no way back. Errors: the same; TRY_AGAIN while the service is being worked on. */
bool manual_purge(Agent *agent, const char *service, GError **error);
