/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tar members of a Debian package, in the one form that dpkg-deb writes (GNU tar; deb(5)). Pure.
 * A reader that accepts fewer forms than dpkg sees what dpkg will see. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "deb822.h"

enum { DEB_TAR_NAME_MAX = 512 };

typedef struct {
        const char *name; /* "./usr/share", or "./" for the first; a directory without the slash at its end */
        bool is_directory; /* else a regular file */
        unsigned mode;     /* permissions, with setuid and such */
        Span content;      /* of a file */
} DebTarEntry;

/* What it gets lives for the call, the content as long as the tar. */
typedef bool (*DebTarVisit)(const DebTarEntry *entry, void *user, GError **error);

/* Walk over the entries of `tar`. Errors: CORRUPT for anything but directories and regular files of root, and
 * for any form that GNU tar does not give these; or the errors of `visit`. */
bool deb_tar_walk(GBytes *tar, DebTarVisit visit, void *user, GError **error);
