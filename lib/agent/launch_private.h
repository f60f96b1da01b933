/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of launch.h. */
#pragma once

#include "launch.h"
#include "launch_blame.h"

/* The result for `why`, which ended `phase`. */
LaunchResult launch_judge(LaunchPhase phase, const GError *why);

/* Start the version, as a candidate if `beside`. Errors: of instance_start() and settings_store_unpack(). */
LaunchResult launch_instance(const Launch *launch, bool beside, GError **error);

/* Wait until the version is healthy: for the time of its description, at most `most_s`. The check goes
 * through the interface `device`; NULL: to the service's place. */
LaunchResult launch_wait(const Launch *launch, const char *device, unsigned most_s, GError **error);

/* Show a healthy version as running. Returns `result`. */
LaunchResult launch_note(const Launch *launch, LaunchResult result);
