/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notices that a stick was put in: places of the configuration with "*" in their path, looked at every few
 * seconds. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "conf.h"

typedef struct Sticks Sticks;

/* Returns: owned; NULL if no list and no depot is at such a place. */
Sticks *sticks_new(const AgentConf *conf);
void sticks_free(Sticks *sticks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sticks, sticks_free)

/* Is there something that was not there, or not so, at the last look? What goes is no news. */
bool sticks_have_news(Sticks *sticks);
