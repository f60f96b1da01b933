/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A warning for operators whose service has the name of a Debian package. */
#pragma once

#include <glib.h>

/* Warn on standard error of each of `names` (char *, borrowed) that the apt of this machine knows as a Debian
 * package: a host that has it installed refuses the service. */
void debian_warning(const char *command, const GPtrArray *names);
