/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that people give by hand. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent.h"

/* Stop every service, and remove the host's network and firewall for them. The next pass starts them again. A
 * service that cannot be stopped does not keep the others from being stopped. Errors: of the first that
 * failed. */
bool manual_down(Agent *agent, GError **error);

/* Let the next pass start a service that is halted, or whose version is bad. Errors: NOT_FOUND; TRY_AGAIN
 * while somebody else holds its claim; SYSTEM. */
bool manual_start(Agent *agent, const char *service, GError **error);

typedef struct {
        char *name;
        uint64_t size_bytes; /* on the disk */
} OperationVolume;

/* Returns: owned array of owned OperationVolume, sorted. Errors: NOT_FOUND if there is none; CONFLICT if the
 * service is still here; the message says if the list wants it. */
GPtrArray *manual_purge_look(Agent *agent, const char *service, GError **error);

/* Remove the volumes for good. Errors: of manual_purge_look(); TRY_AGAIN while somebody else holds the claim.
 * */
bool manual_purge(Agent *agent, const char *service, GError **error);
