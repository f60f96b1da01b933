/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file systems of a machine, as its /etc/fstab names them. */
#pragma once

#include "description.h"

/* Pure. Returns: owned fstab(5) with the root, the volumes and the swap of a description, by the labels that
 * a host gives them. What is absent, as where the image is tried without a host, does not end the boot. */
char *fstab_text(const ServiceDescription *description);
