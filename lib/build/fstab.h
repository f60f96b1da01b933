/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/fstab of a machine. */
#pragma once

#include "description.h"

/* Returns: owned fstab(5) with the root, volumes and swap of a description, by the labels that a host gives
 * them. Pure. A missing volume does not end the boot, as when the image is tried without a host. */
char *fstab_text(const ServiceDescription *description);
