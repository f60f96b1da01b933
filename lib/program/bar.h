/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The progress bar on a terminal: bytes, rate, time left, and where the bytes come from. */
#pragma once

#include "progress.h"

/* Returns: the bar, or NULL if standard error is not a terminal or --quiet was given. One a process; any thread.
 */
Progress *bar(void);

/* End the line of a bar that an error has interrupted. */
void bar_break(void);
