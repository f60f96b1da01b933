/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line for each part of long work, on standard error. */
#pragma once

/* Print the name of the part that begins, unless --quiet was given. */
void print_phase(const char *what);
