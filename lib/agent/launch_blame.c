/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch_blame.h"

#include "errors.h"

/* A code that is not listed is a trouble of this host: a full disk (NO_SPACE), libvirt that is away, a lock,
 * the end of the agent (TRY_AGAIN). In the network phase, SYSTEM means that the host refuses firewall or bridge. */
static const struct {
        LaunchPhase phase;
        LauttaErrorCode code;
} faults[] = {
        {LAUNCH_PHASE_NETWORK, LAUTTA_ERROR_USAGE},    /* asks for an address that this host does not have */
        {LAUNCH_PHASE_NETWORK, LAUTTA_ERROR_CONFLICT}, /* asks for an address or a port of another service */
        {LAUNCH_PHASE_START, LAUTTA_ERROR_USAGE},      /* asks for something that this host cannot do */
        {LAUNCH_PHASE_START, LAUTTA_ERROR_NOT_FOUND},  /* its image lacks a part */
        {LAUNCH_PHASE_START, LAUTTA_ERROR_UNTRUSTED},
        {LAUNCH_PHASE_START, LAUTTA_ERROR_CORRUPT},
        {LAUNCH_PHASE_START, LAUTTA_ERROR_CONFLICT},
        {LAUNCH_PHASE_START, LAUTTA_ERROR_SYSTEM},  /* libvirt refuses it, or its init ends at once */
        {LAUNCH_PHASE_HEALTH, LAUTTA_ERROR_SYSTEM}, /* not healthy in its time, or ended by itself */
};

bool launch_blames_version(LaunchPhase phase, const GError *why)
{
        for (size_t i = 0; i < G_N_ELEMENTS(faults); i++)
                if (faults[i].phase == phase && error_is(why, faults[i].code))
                        return true;
        return false;
}
