/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "phase.h"

#include <glib.h>
#include <stdio.h>

#include "output.h"
#include "program.h"

void print_phase(const char *what)
{
        if (!option_quiet)
                output_note("%s: %s\n", g_get_prgname(), what);
}
