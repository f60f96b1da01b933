/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf.h"

#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>

#include "conf_values.h"
#include "depot_conf.h"
#include "errors.h"
#include "files.h"
#include "ini.h"
#include "list.h"
#include "names.h"

#define RUN_DIRECTORY "/run/lautta"
#define AT(member)    offsetof(AgentConf, member)

static bool check_suite(const char *text, GError **error)
{
        return depot_suite_is_valid(text) ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not the name of a suite: write lower-case letters, digits, '-' and '.'", text);
}

static const char *const accelerations[] = {"auto", "kvm", "tcg", NULL};

/* The whole of the configuration: a new key is a line here, one in conf.h, and one in lautta-agent.conf(5).
 */
static const ConfKey keys[] = {
        {"host", "name", CONF_TEXT, AT(host), .check = check_host_name},
        {"host", "state", CONF_TEXT, AT(state_directory), .fallback = "/var/lib/lautta",
         .check = conf_check_path, .is_fixed = true},
        {"host", "run", CONF_TEXT, AT(run_directory), .fallback = RUN_DIRECTORY, .check = conf_check_path,
         .is_fixed = true},
        {"host", "trust", CONF_TEXT, AT(trust_directory), .fallback = "/etc/lautta/trust",
         .check = conf_check_path},
        {"host", "memory-reserve", CONF_SIZE, AT(memory_reserve_bytes), .fallback = "512M",
         .max = UINT64_C(1) << 44},
        {"pull", "lists", CONF_TEXTS, AT(lists), .check = conf_check_list_source},
        {"pull", "depots", CONF_TEXTS, AT(depots), .check = conf_check_depot},
        {"pull", "suite", CONF_TEXT, AT(suite), .fallback = "stable", .check = check_suite},
        {"pull", "interval", CONF_SECONDS, AT(interval_s), .fallback = "300s", .min = LIST_INTERVAL_MIN_S,
         .max = LIST_INTERVAL_MAX_S},
        {"pull", "jitter", CONF_PERCENT, AT(jitter_percent), .fallback = "10%", .max = 50},
        {"pull", "ca-file", CONF_TEXT, AT(ca_file), .check = conf_check_path},
        {"pull", "ssh-key", CONF_TEXT, AT(ssh_key), .check = conf_check_plain_path},
        {"pull", "ssh-known-hosts", CONF_TEXT, AT(ssh_known_hosts), .check = conf_check_plain_path},
        {"packages", "manage", CONF_FLAG, AT(manage_packages), .fallback = "yes"},
        {"packages", "strict", CONF_FLAG, AT(strict_packages), .fallback = "no"},
        {"packages", "max-removals", CONF_COUNT, AT(max_removals), .fallback = "10", .max = 100000},
        {"packages", "lock-timeout", CONF_SECONDS, AT(lock_timeout_s), .fallback = "600s", .max = 86400},
        {"packages", "root", CONF_TEXT, AT(packages_root), .fallback = "/", .check = conf_check_path},
        {"services", "containers", CONF_URI, AT(container_uri), .fallback = "lxc:///system",
         .check = conf_check_container_uri, .is_fixed = true},
        {"services", "machines", CONF_URI, AT(machine_uri), .fallback = "qemu:///system",
         .check = conf_check_machine_uri, .is_fixed = true},
        {"services", "kernel", CONF_TEXT, AT(kernel), .check = conf_check_path, .is_fixed = true},
        {"services", "modules", CONF_TEXT, AT(modules), .check = conf_check_path, .is_fixed = true},
        {"services", "acceleration", CONF_CHOICE, AT(acceleration), .fallback = "auto",
         .choices = accelerations},
        {"services", "check-interval", CONF_SECONDS, AT(check_interval_s), .fallback = "15s", .min = 1,
         .max = 3600},
        {"services", "stop-grace", CONF_SECONDS, AT(stop_grace_s), .fallback = "30s", .max = 600},
        {"network", "bridge", CONF_TEXT, AT(network.bridge), .fallback = "lautta0",
         .check = conf_check_bridge, .is_fixed = true},
        {"network", "lan", CONF_TEXT, AT(network.lan), .check = conf_check_bridge, .is_fixed = true},
        {"network", "address", CONF_ADDRESS, AT(network.address), .fallback = "192.168.147.1/24",
         .second = AT(network.prefix), .is_fixed = true},
        {"network", "domain", CONF_TEXT, AT(network.domain), .fallback = "lautta.internal",
         .check = check_host_name, .is_fixed = true},
        {"network", "inbound", CONF_PORTS, AT(network.inbound), .fallback = ""},
        {"network", "guard-inbound", CONF_FLAG, AT(network.guards_inbound), .fallback = "yes"},
};

void agent_conf_free(AgentConf *conf)
{
        if (!conf)
                return;
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
                conf_value_clear(&keys[i], conf);
        g_free(conf);
}

typedef struct {
        AgentConf *conf;
        unsigned lists_line; /* of the key, 0 if it was not given */
        bool given[G_N_ELEMENTS(keys)];
} Filling;

static char *names_of(const char *section)
{
        g_autoptr(GString) names = g_string_new(NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
                if (strcmp(keys[i].section, section) == 0)
                        g_string_append_printf(names, "%s%s", names->len ? ", " : "", keys[i].name);
        return g_string_free(g_steal_pointer(&names), false);
}

static bool check_section(const char *section, GError **error)
{
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
                if (strcmp(keys[i].section, section) == 0)
                        return true;
        return fail(error, LAUTTA_ERROR_USAGE,
                    "there is no section [%s]: there are host, pull, packages, services, network", section);
}

static bool take(const char *section, const char *key, const char *value, unsigned line, void *user,
                 GError **error)
{
        if (!key)
                return check_section(section, error);
        Filling *filling = user;
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].name, key) != 0)
                        continue;
                filling->given[i] = true;
                if (keys[i].offset == AT(lists))
                        filling->lists_line = line;
                return conf_value_read(&keys[i], value, filling->conf, error);
        }
        g_autofree char *names = names_of(section);
        return fail(error, LAUTTA_ERROR_USAGE, "there is no such key in [%s]: there are %s", section, names);
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

static bool check_ssh(const Filling *filling, const char *name, GError **error)
{
        const AgentConf *conf = filling->conf;
        for (char **list = conf->lists; *list; list++)
                if (g_str_has_prefix(*list, "ssh://") && (!conf->ssh_key || !conf->ssh_known_hosts))
                        return fail(error, LAUTTA_ERROR_USAGE,
                                    "%s:%u: lists: '%s' needs ssh-key and ssh-known-hosts, too", name,
                                    filling->lists_line, *list);
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
        Filling filling = {.conf = conf};
        if (!ini_parse(text, name, take, &filling, error))
                return NULL;
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
                if (!filling.given[i] && keys[i].fallback &&
                    !conf_value_read(&keys[i], keys[i].fallback, conf, error))
                        return NULL;
        if (!conf->depots)
                conf->depots = g_new0(char *, 1);
        if (!conf->lists)
                conf->lists = g_strdupv(conf->depots);
        fill_kernel(conf);
        if (!fill_host(conf, name, error) || !check_ssh(&filling, name, error) ||
            !check_lan(conf, name, error))
                return NULL;
        return g_steal_pointer(&conf);
}

AgentConf *agent_conf_load(const char *path, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(GBytes) text = file_read(path, INI_MAX_BYTES, &why);
        if (!text && error_is(why, LAUTTA_ERROR_NOT_FOUND) && strcmp(path, AGENT_CONF_PATH) == 0)
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
        return g_strdup(run && conf_check_path(run, NULL) ? run : RUN_DIRECTORY);
}

bool agent_conf_is_same(const AgentConf *one, const AgentConf *other)
{
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
                if (!conf_value_is_same(&keys[i], one, other))
                        return false;
        return true;
}

char *agent_conf_keep_fixed(AgentConf *conf, const AgentConf *before)
{
        g_autoptr(GString) names = g_string_new(NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                if (!keys[i].is_fixed || conf_value_is_same(&keys[i], conf, before))
                        continue;
                g_string_append_printf(names, "%s'%s' in [%s]", names->len ? ", " : "", keys[i].name,
                                       keys[i].section);
                conf_value_copy(&keys[i], before, conf);
        }
        return names->len ? g_string_free(g_steal_pointer(&names), false) : NULL;
}
