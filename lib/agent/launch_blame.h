/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a failed launch is the fault of the version that was launched. A version at fault is recorded as
 * bad, and only a list with a higher serial tries it again. Everything else is a trouble of this host, and is
 * retried. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The parts of a launch, in their order. */
typedef enum {
        LAUNCH_PHASE_HOST, /* libvirt, the stored description, settings: none of them is up to the version */
        LAUNCH_PHASE_NETWORK, /* its place on the host's network, and the record of it */
        LAUNCH_PHASE_START,   /* check, root, volumes, and the start by libvirt */
        LAUNCH_PHASE_HEALTH,  /* waiting until it is healthy */
} LaunchPhase;

/* Pure. True if the version is at fault for `why`, which ended `phase`. This is the only place that decides
 * it. */
bool launch_blames_version(LaunchPhase phase, const GError *why);
