/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf.h"

#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>

#include "conf_checks.h"
#include "conf_network.h"
#include "depot_conf.h"
#include "errors.h"
#include "files.h"
#include "ini.h"
#include "list.h"
#include "names.h"
#include "paths.h"
#include "schema_ini.h"

#define AT(member) offsetof(AgentConf, member)

static bool check_suite(const char *text, GError **error)
{
        return depot_suite_is_valid(text) ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not the name of a suite: write lower-case letters, digits, '-' and '.'", text);
}

static const char *const accelerations[] = {"auto", "kvm", "tcg", NULL};

/* The whole of the configuration: a new key is a line here, one in conf.h, and one in lautta-agent.conf(5). */
static const SchemaKey host_keys[] = {
        {"name", SCHEMA_TEXT, AT(host), .check = check_host_name},
        {"state", SCHEMA_TEXT, AT(state_directory), .fallback = PATHS_STATE, .check = conf_check_path,
         .is_fixed = true},
        {"run", SCHEMA_TEXT, AT(run_directory), .fallback = PATHS_RUN, .check = conf_check_path,
         .is_fixed = true},
        {"trust", SCHEMA_TEXT, AT(trust_directory), .fallback = PATHS_TRUST, .check = conf_check_path},
        {"memory-reserve", SCHEMA_SIZE, AT(memory_reserve_bytes), .fallback = "512M",
         .max = UINT64_C(1) << 44},
        {0},
};
static const SchemaLevel host_level = {host_keys, 0, NULL};

static const SchemaKey pull_keys[] = {
        {"lists", SCHEMA_TEXTS, AT(lists), .check = conf_check_list_source},
        {"depots", SCHEMA_TEXTS, AT(depots), .check = conf_check_depot},
        {"suite", SCHEMA_TEXT, AT(suite), .fallback = "stable", .check = check_suite},
        {"interval", SCHEMA_SECONDS, AT(interval_s), .fallback = "300s", .min = LIST_INTERVAL_MIN_S,
         .max = LIST_INTERVAL_MAX_S},
        {"jitter", SCHEMA_PERCENT, AT(jitter_percent), .fallback = "10%", .max = 50},
        {"ca-file", SCHEMA_TEXT, AT(ca_file), .check = conf_check_path},
        {"ssh-key", SCHEMA_TEXT, AT(ssh_key), .check = conf_check_plain_path},
        {"ssh-known-hosts", SCHEMA_TEXT, AT(ssh_known_hosts), .check = conf_check_plain_path},
        {0},
};
static const SchemaLevel pull_level = {pull_keys, 0, NULL};

static const SchemaKey packages_keys[] = {
        {"manage", SCHEMA_SWITCH, AT(manage_packages), .fallback = "yes"},
        {"strict", SCHEMA_SWITCH, AT(strict_packages), .fallback = "no"},
        {"max-removals", SCHEMA_COUNT, AT(max_removals), .fallback = "10", .max = 100000},
        {"lock-timeout", SCHEMA_SECONDS, AT(lock_timeout_s), .fallback = "600s", .max = 86400},
        {"root", SCHEMA_TEXT, AT(packages_root), .fallback = "/", .check = conf_check_path},
        {0},
};
static const SchemaLevel packages_level = {packages_keys, 0, NULL};

static const SchemaKey services_keys[] = {
        {"containers", SCHEMA_TEXT, AT(container_uri), .fallback = "lxc:///system",
         .check = conf_check_container_uri, .is_fixed = true, .instead = "none"},
        {"machines", SCHEMA_TEXT, AT(machine_uri), .fallback = "qemu:///system",
         .check = conf_check_machine_uri, .is_fixed = true, .instead = "none"},
        {"kernel", SCHEMA_TEXT, AT(kernel), .check = conf_check_path, .is_fixed = true},
        {"modules", SCHEMA_TEXT, AT(modules), .check = conf_check_path, .is_fixed = true},
        {"acceleration", SCHEMA_CHOICE, AT(acceleration), .fallback = "auto", .choices = accelerations},
        {"check-interval", SCHEMA_SECONDS, AT(check_interval_s), .fallback = "15s", .min = 1, .max = 3600},
        {"stop-grace", SCHEMA_SECONDS, AT(stop_grace_s), .fallback = "30s", .max = 600},
        {0},
};
static const SchemaLevel services_level = {services_keys, 0, NULL};

static const SchemaKey network_keys[] = {
        {"bridge", SCHEMA_TEXT, AT(network.bridge), .fallback = "lautta0", .check = conf_check_bridge,
         .is_fixed = true},
        {"lan", SCHEMA_TEXT, AT(network.lan), .check = conf_check_bridge, .is_fixed = true},
        {"address", SCHEMA_OWN, AT(network), .fallback = "192.168.147.1/24", .own = &conf_address,
         .is_fixed = true},
        {"domain", SCHEMA_TEXT, AT(network.domain), .fallback = "lautta.internal", .check = check_host_name,
         .is_fixed = true},
        {"inbound", SCHEMA_OWN, AT(network.inbound), .fallback = "", .own = &conf_ports},
        {"guard-inbound", SCHEMA_SWITCH, AT(network.guards_inbound), .fallback = "yes"},
        {0},
};
static const SchemaLevel network_level = {network_keys, 0, NULL};

static const SchemaKey sections[] = {
        {"host", SCHEMA_GROUP, .level = &host_level},
        {"pull", SCHEMA_GROUP, .level = &pull_level},
        {"packages", SCHEMA_GROUP, .level = &packages_level},
        {"services", SCHEMA_GROUP, .level = &services_level},
        {"network", SCHEMA_GROUP, .level = &network_level},
        {0},
};
static const SchemaLevel level = {sections, sizeof(AgentConf), NULL};

void agent_conf_free(AgentConf *conf)
{
        if (!conf)
                return;
        schema_clear(&level, conf);
        g_free(conf);
}

static bool fill_host(AgentConf *conf, const char *name, GError **error)
{
        if (conf->host)
                return true;
        conf->host = g_ascii_strdown(g_get_host_name(), -1);
        if (host_name_is_valid(conf->host))
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "%s: the machine's own name, '%s', is none that a list can have: give the host one in [host], name = ...",
                name, conf->host);
}

static bool check_ssh(const AgentConf *conf, const SchemaLines *lines, const char *name, GError **error)
{
        for (char **list = conf->lists; *list; list++)
                if (g_str_has_prefix(*list, "ssh://") && (!conf->ssh_key || !conf->ssh_known_hosts))
                        return fail(error, LAUTTA_ERROR_USAGE,
                                    "%s:%u: lists: '%s' needs ssh-key and ssh-known-hosts, too", name,
                                    schema_line(lines, "pull.lists"), *list);
        return true;
}

/* Where Debian has the kernel that runs, and its modules. */
static void fill_kernel(AgentConf *conf)
{
        struct utsname host;
        bool known = uname(&host) == 0;
        if (!conf->kernel)
                conf->kernel = g_strconcat("/boot/vmlinuz-", known ? host.release : "", NULL);
        if (!conf->modules)
                conf->modules = g_build_filename("/lib/modules", known ? host.release : "", NULL);
}

static bool check_lan(const AgentConf *conf, const char *name, GError **error)
{
        return g_strcmp0(conf->network.lan, conf->network.bridge) != 0 ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "%s: '%s' cannot be both: 'bridge' is the services' own network, 'lan' the site's", name,
                    conf->network.bridge);
}

AgentConf *agent_conf_parse(GBytes *text, const char *name, GError **error)
{
        g_autoptr(AgentConf) conf = g_new0(AgentConf, 1);
        g_autoptr(SchemaLines) lines = schema_lines_new();
        if (!schema_ini_read(&level, text, name, conf, lines, error))
                return NULL;
        if (!*conf->lists) {
                g_strfreev(conf->lists);
                conf->lists = g_strdupv(conf->depots);
        }
        fill_kernel(conf);
        if (!fill_host(conf, name, error) || !check_ssh(conf, lines, name, error) ||
            !check_lan(conf, name, error))
                return NULL;
        return g_steal_pointer(&conf);
}

AgentConf *agent_conf_load(const char *path, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(GBytes) text = file_read(path, INI_MAX_BYTES, &why);
        if (!text && error_is(why, LAUTTA_ERROR_NOT_FOUND) && strcmp(path, PATHS_CONF) == 0)
                text = g_bytes_new(NULL, 0);
        if (text)
                return agent_conf_parse(text, path, error);
        g_propagate_prefixed_error(error, g_steal_pointer(&why), "the configuration: ");
        return NULL;
}

char *agent_conf_find_run(const char *path)
{
        g_autoptr(GBytes) text = file_read(path, INI_MAX_BYTES, NULL);
        g_autofree char *run = text ? ini_find(text, "host", "run") : NULL;
        return g_strdup(run && conf_check_path(run, NULL) ? run : PATHS_RUN);
}

bool agent_conf_is_same(const AgentConf *one, const AgentConf *other)
{
        return schema_is_same(&level, one, other);
}

char *agent_conf_keep_fixed(AgentConf *conf, const AgentConf *before)
{
        return schema_keep_fixed(&level, before, conf);
}
