/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls lib/apt for apt-host.sh: the root, then a command.
 *
 *     offer|apply|plan LIST      the list as text, unsigned
 *     commit [NAME=VERSION]... [NAME-]...
 *     unpacked
 *
 * STRICT, MAX_REMOVALS, LOCK_TIMEOUT, POOL (a directory of service packages) and RECORD come from the
 * environment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apt.h"
#include "errors.h"
#include "files.h"

static const char *setting(const char *name, const char *fallback)
{
        const char *value = g_getenv(name);
        return value ? value : fallback;
}

static unsigned number(const char *name, const char *fallback)
{
        return (unsigned)g_ascii_strtoull(setting(name, fallback), NULL, 10);
}

static void print(const char *what, const GPtrArray *texts)
{
        for (guint i = 0; texts && i < texts->len; i++)
                printf("%s %s\n", what, (const char *)g_ptr_array_index(texts, i));
}

static bool with_list(const AptConf *conf, const char *command, const char *path, GError **error)
{
        g_autoptr(GBytes) text = file_read(path, LIST_MAX_BYTES, error);
        g_autoptr(List) list = text ? list_parse(text, path, error) : NULL;
        if (!list)
                return false;
        g_auto(AptResult) result = {0};
        if (strcmp(command, "offer") == 0)
                return apt_offer_services(conf, list, error);
        if (!apt_apply(conf, list, strcmp(command, "plan") == 0, &result, error))
                return false;
        print("installed", result.installed);
        print("upgraded", result.upgraded);
        print("removed", result.removed);
        print("refused", result.refused);
        return true;
}

static bool commit(const AptConf *conf, char **arguments, GError **error)
{
        g_autoptr(GHashTable) services = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GPtrArray) remove = g_ptr_array_new_with_free_func(g_free);
        for (; *arguments; arguments++) {
                char *equals = strchr(*arguments, '=');
                if (equals)
                        g_hash_table_insert(services, g_strndup(*arguments, (size_t)(equals - *arguments)),
                                            g_strdup(equals + 1));
                else
                        g_ptr_array_add(remove, g_strndup(*arguments, strlen(*arguments) - 1));
        }
        return apt_commit_services(conf, services, remove, error);
}

/* From POOL, where the agent would ask a depot. */
static bool take(void *user, const char *service, const char *version, const char *path, GError **error)
{
        g_autofree char *name = g_strdup_printf("%s_%s_amd64.deb", service, version);
        g_autofree char *from = g_build_filename(setting("POOL", "."), name, NULL);
        g_autoptr(GBytes) bytes = file_read(from, 1 << 20, NULL);
        if (!bytes)
                return fail(error, LAUTTA_ERROR_TRY_AGAIN, "no depot has '%s'", name);
        return file_write_atomically(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), 0600,
                                     error);
}

static bool run(const AptConf *conf, char **arguments, GError **error)
{
        if (strcmp(arguments[0], "commit") == 0)
                return commit(conf, arguments + 1, error);
        if (strcmp(arguments[0], "unpacked") == 0) {
                g_autoptr(GPtrArray) names = apt_unpacked_services(conf->root, error);
                print("unpacked", names);
                return names != NULL;
        }
        return arguments[1] ? with_list(conf, arguments[0], arguments[1], error)
                            : fail(error, LAUTTA_ERROR_USAGE, "which list?");
}

int main(int argc, char **argv)
{
        if (argc < 3)
                return 2;
        AptConf conf = {
                .root = argv[1],
                .strict = number("STRICT", "0") != 0,
                .max_removals = number("MAX_REMOVALS", "10"),
                .lock_timeout_s = number("LOCK_TIMEOUT", "60"),
                .record = setting("RECORD", "packages.json"),
                .take = take,
        };
        g_autoptr(GError) error = NULL;
        if (run(&conf, argv + 2, &error))
                return 0;
        fprintf(stderr, "%s\n", error->message);
        return error_exit_code(error);
}
