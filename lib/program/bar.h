/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The progress bar on a terminal: bytes, rate, time left, and where the bytes come from. */
#pragma once

#include "progress.h"

/* The bar, or NULL where standard error is no terminal or --quiet was given. One a process; threads are fine.
 */
Progress *bar(void);

/* End a bar that an error has left in the middle of its line. */
void bar_break(void);
