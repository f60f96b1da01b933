/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "command.h"
#include "debian_warning.h"
#include "errors.h"
#include "fleet_lists.h"
#include "fleet_read.h"
#include "fleet_report.h"
#include "keys.h"
#include "phase.h"
#include "source.h"

static char *host, *host_key;
static gboolean dry_run;

static const GOptionEntry options[] = {
        {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, "Show what would be signed, and stop", NULL},
        {"host", 0, 0, G_OPTION_ARG_STRING, &host,
         "FLEETDIR is a pkgsync directory for this host (default: the directory's name)", "NAME"},
        {"host-key", 0, 0, G_OPTION_ARG_STRING, &host_key,
         "The host's key (default: the content of its file host-key)", "KEY"},
        SOURCE_CLOCK_ENTRY,
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static GPtrArray *compile(const Fleet *fleet, const char *directory, const Depot *depot, GHashTable *before,
                          GError **error)
{
        const FleetCircumstances circumstances = {
                .entries = depot_entries(depot),
                .depot_date = depot_release(depot)->date,
                .now = g_get_real_time() / G_USEC_PER_SEC,
                .before = before,
        };
        GPtrArray *steps = fleet_compile(fleet, &circumstances, error);
        if (!steps)
                g_prefix_error(error, "fleet '%s': ", directory);
        return steps;
}

static bool check(const Fleet *fleet, const char *directory, GError **error)
{
        DepotOptions depot_options;
        g_autoptr(Remote) remote = source_open(&depot_options, error);
        g_autoptr(Depot) depot = remote ? depot_open(remote, &depot_options, error) : NULL;
        if (!depot)
                return false;
        g_autoptr(GHashTable) nothing = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) steps = compile(fleet, directory, depot, nothing, error);
        if (!steps)
                return false;
        if (option_json)
                return fleet_report_json(steps, true, error);
        if (!option_quiet)
                fleet_report_check(steps);
        return true;
}

/* Show the steps before anything is signed. */
static bool show(const GPtrArray *steps, GError **error)
{
        if (option_json)
                return fleet_report_json(steps, dry_run, error);
        if (!option_quiet)
                fleet_report_text(steps, dry_run);
        return true;
}

static void warn_of_names(const GPtrArray *steps)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint i = 0; i < steps->len; i++) {
                const List *list = ((const FleetStep *)steps->pdata[i])->list;
                for (guint j = 0; list && j < list->services->len; j++) {
                        const ListService *service = list->services->pdata[j];
                        if (!g_ptr_array_find_with_equal_func(names, service->service, g_str_equal, NULL))
                                g_ptr_array_add(names, service->service);
                }
        }
        debian_warning("fleet", names);
}

static bool signs_any(const GPtrArray *steps)
{
        for (guint i = 0; i < steps->len; i++)
                if (((const FleetStep *)steps->pdata[i])->list)
                        return true;
        return false;
}

/* `repository` is NULL for a dry run, which needs no lock: the depot may change meanwhile. */
static bool push_to(const Fleet *fleet, const char *directory, Repository *repository, GError **error)
{
        g_autoptr(Keys) keys = keys_load(error);
        DepotOptions depot_options;
        g_autoptr(Remote) remote = keys ? source_open(&depot_options, error) : NULL;
        g_autoptr(Depot) depot = remote ? depot_open(remote, &depot_options, error) : NULL;
        if (!depot)
                return false;
        const char *id = depot_release(depot)->depot_id;
        print_phase("verifying the lists that are published");
        g_autoptr(GHashTable) before = fleet_lists_read(source_options.depot, id, fleet, keys->list, error);
        g_autoptr(GPtrArray) steps = before ? compile(fleet, directory, depot, before, error) : NULL;
        if (!steps || !show(steps, error))
                return false;
        warn_of_names(steps);
        if (!repository)
                return true;
        if (signs_any(steps))
                print_phase("signing the lists that differ");
        return fleet_lists_write(repository, id, steps, before, keys->list, error);
}

static bool push(const Fleet *fleet, const char *directory, GError **error)
{
        if (dry_run) {
                g_autoptr(Repository) local = repository_open(source_options.depot, error);
                return local && push_to(fleet, directory, NULL, error);
        }
        g_autoptr(Repository) repository = source_open_to_sign(source_options.depot, error);
        return repository && push_to(fleet, directory, repository, error);
}

static bool run(char **arguments, int count, GError **error)
{
        bool is_push = count > 0 && strcmp(arguments[0], "push") == 0;
        if (count != 2 || (!is_push && strcmp(arguments[0], "check") != 0) || !source_options.depot)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "say check or push, one FLEETDIR and --depot DEPOT; see 'lautta fleet --help'");
        if (!is_push && dry_run)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "--dry-run goes with push: check signs nothing anyway");
        g_autoptr(Fleet) fleet = fleet_load(arguments[1], host, host_key, error);
        if (!fleet)
                return false;
        return is_push ? push(fleet, arguments[1], error) : check(fleet, arguments[1], error);
}

const Command command_fleet = {
        .name = "fleet",
        .arguments = "check|push FLEETDIR --depot DEPOT",
        .summary = "Tell each host what it must have, may have and may not have",
        .details =
                "FLEETDIR holds services/*.yaml, groups/*.yaml and hosts/*.yaml, or the files of pkgsync. check reports\n"
                "mistakes; push signs one list for each host whose list changes or expires soon, and puts it into the\n"
                "depot. A fleet with a mistake changes nothing.\n\n"
                "Example:\n"
                "  lautta fleet push fleet --depot /srv/depot --dry-run\n"
                "  lautta fleet push fleet --depot /srv/depot",
        .options = options,
        .shared_options = source_entries,
        .run = run,
};
