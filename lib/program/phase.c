/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "phase.h"

#include <glib.h>
#include <stdio.h>

#include "program.h"

void print_phase(const char *what)
{
        if (!option_quiet)
                fprintf(stderr, "%s: %s\n", g_get_prgname(), what);
}
