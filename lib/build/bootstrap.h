/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Debian packages, files and scripts to a root, by mmdebstrap: as root, or as a plain user in a user
 * namespace. */
#pragma once

#include <stdbool.h>

#include "description.h"

typedef struct {
        const ServiceDescription *description;
        const char *sources;   /* deb822 paragraphs; see sources.h */
        const char *work;      /* a directory for what comes and goes */
        const char *debs;      /* .deb files that are there already, */
        const char *debs_used; /* and an empty directory for all that were used; both in `work` */
        const char *tar;       /* to be written */
        const char *log;       /* what mmdebstrap says */
} Bootstrap;

/* True if this machine can run programs of the description's architecture. Errors: NOT_FOUND with the
 * packages that are missing. */
bool bootstrap_check(const ServiceDescription *description, GError **error);

/* Errors: NOT_FOUND without mmdebstrap or a file that the description names; SYSTEM with the last lines of
 * the log, and with the name of the script that failed if one did. */
bool bootstrap_run(const Bootstrap *bootstrap, GError **error);
