/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Make a root from Debian packages, files and scripts with mmdebstrap: as root, or as a plain user in a user
 * namespace. */
#pragma once

#include <stdbool.h>

#include "description.h"

typedef struct {
        const ServiceDescription *description;
        const char *sources;   /* deb822 paragraphs; see sources.h */
        const char *work;      /* a directory for temporary files */
        const char *debs;      /* a directory of cached .deb files; in `work` */
        const char *debs_used; /* an empty directory, filled with all .deb files used; in `work` */
        const char *tar;       /* output */
        const char *log;       /* messages of mmdebstrap */
} Bootstrap;

/* True if this machine can run programs of the description's architecture. Errors: NOT_FOUND with the
 * packages that are missing. */
bool bootstrap_check(const ServiceDescription *description, GError **error);

/* Write `tar`. Errors: NOT_FOUND without mmdebstrap or a file that the description names; SYSTEM with the
 * last lines of the log, and with the name of the script if one failed. */
bool bootstrap_run(const Bootstrap *bootstrap, GError **error);
