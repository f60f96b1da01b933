/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "writer.h"

#include <stdio.h>
#include <sys/stat.h>

#include "errors.h"
#include "output.h"

static void say_waiting(const char *holder, void *user)
{
        output_note("Waiting for another writer of depot '%s': %s\n", (const char *)user, holder);
}

Repository *writer_open(const char *depot, GError **error)
{
        if (!depot) {
                fail(error, LAUTTA_ERROR_USAGE, "name the depot with --depot");
                return NULL;
        }
        /* Published files are for everybody to read; private files have explicit modes. */
        umask(022);
        g_autoptr(Repository) repository = repository_open(depot, error);
        if (!repository || !repository_lock(repository, say_waiting, (void *)depot, error))
                return NULL;
        return g_steal_pointer(&repository);
}
