/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the agent's configuration that lib/orders and the store of settings work with. */
#pragma once

#include "conf.h"
#include "orders_conf.h"
#include "settings_store.h"

/* Borrowed from `conf`. */
OrdersConf agent_conf_orders(const AgentConf *conf);

/* Borrowed from `conf`. */
SettingsStore agent_conf_settings(const AgentConf *conf);

/* Returns: owned locations that may have the settings which a list names: those of lists, then depots. Places
 * over ssh have lists alone. */
GStrv agent_conf_settings_places(const AgentConf *conf);
