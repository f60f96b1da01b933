/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notices a stick that is put in: places of the configuration with "*" in their path, checked every few
 * seconds. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "conf.h"

typedef struct Sticks Sticks;

/* Returns: owned; NULL if no list and no depot has such a place. */
Sticks *sticks_new(const AgentConf *conf);
void sticks_free(Sticks *sticks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sticks, sticks_free)

/* True if something is there that was absent or different at the last check. A stick that is pulled out is no
 * news. */
bool sticks_have_news(Sticks *sticks);
