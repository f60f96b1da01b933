/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf_orders.h"

OrdersConf agent_conf_orders(const AgentConf *conf)
{
        return (OrdersConf){
                .host = conf->host,
                .state_directory = conf->state_directory,
                .trust_directory = conf->trust_directory,
                .lists = conf->lists,
                .depots = conf->depots,
                .suite = conf->suite,
                .ca_file = conf->ca_file,
                .ssh_key = conf->ssh_key,
                .ssh_known_hosts = conf->ssh_known_hosts,
        };
}
