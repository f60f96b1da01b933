/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of the agent's configuration that lib/orders works with. */
#pragma once

#include "conf.h"
#include "orders_conf.h"

/* Borrowed from `conf`. */
OrdersConf agent_conf_orders(const AgentConf *conf);
