/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf_orders.h"

#include "orders_source.h"

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

SettingsStore agent_conf_settings(const AgentConf *conf)
{
        return (SettingsStore){conf->state_directory, conf->host, conf->ca_file};
}

GStrv agent_conf_settings_places(const AgentConf *conf)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_auto(GStrv) lists = orders_places((const char *const *)conf->lists);
        g_auto(GStrv) depots = orders_places((const char *const *)conf->depots);
        char **const both[] = {lists, depots};
        for (size_t i = 0; i < G_N_ELEMENTS(both); i++)
                for (char **place = both[i]; *place; place++)
                        if (!g_str_has_prefix(*place, "ssh://") && g_hash_table_add(seen, *place))
                                g_strv_builder_add(builder, *place);
        return g_strv_builder_end(builder);
}
