/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of services as they lie here, each a file as it came and a directory of what is in it, both
 * named by its digest (docs/agent.md, "Where things lie"). Digests are 64 hex digits. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "conf.h"

/* Find that the file lies here whole, or get it from wherever lists and depots are, in their order. With
 * `only_look` it is not kept. Errors: TRY_AGAIN if nobody has it, UNTRUSTED if who has it has something else
 * under that name; NO_SPACE, SYSTEM. */
bool settings_store_take(const AgentConf *conf, const char *service, const char *digest, bool only_look,
                         GError **error);

bool settings_store_has(const AgentConf *conf, const char *service, const char *digest);

/* Returns: owned path of a private directory with the files as they are in it. What lies there already is
 * left alone if it is right. Errors: TRY_AGAIN if the file is not here, or torn; NO_SPACE, SYSTEM. */
char *settings_store_unpack(const AgentConf *conf, const char *service, const char *digest, GError **error);

/* Remove all of a service but what belongs to the digests in `kept` (NULL-terminated). Errors: SYSTEM. */
bool settings_store_tidy(const AgentConf *conf, const char *service, const char *const *kept, GError **error);

/* Returns: owned array of owned names of the services that have any. */
GPtrArray *settings_store_services(const AgentConf *conf);
