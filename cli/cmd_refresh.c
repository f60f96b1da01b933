/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>

#include "command.h"
#include "errors.h"
#include "output.h"
#include "source.h"
#include "units.h"

static char *depot, *valid;

static const GOptionEntry options[] = {
        {"depot", 0, 0, G_OPTION_ARG_FILENAME, &depot, "The depot's directory", "DEPOT"},
        {"valid", 0, 0, G_OPTION_ARG_STRING, &valid, "From now on, sign for this long", "DURATION"},
        SOURCE_CLOCK_ENTRY,
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool print_json(const char *depot_path, const char *date, const char *until, GError **error)
{
        json_t *object = json_object();
        output_add_text(&object, "depot", depot_path);
        output_add_text(&object, "date", date);
        output_add_text(&object, "valid_until", until);
        return output_json(object, error);
}

static bool print_result(const Repository *repository, GError **error)
{
        RepositoryDates dates = repository_dates(repository);
        g_autofree char *date = time_format(dates.date);
        g_autofree char *until = time_format(dates.valid_until);
        if (option_json)
                return print_json(repository_path(repository), date, until, error);
        if (!option_quiet)
                output_print("Depot '%s' is signed again: %s, valid until %s.\n", repository_path(repository),
                             date, until);
        return true;
}

static bool run(char **arguments, int count, GError **error)
{
        uint64_t seconds = 0;
        if (count != 0)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is one too many; see 'lautta refresh --help'",
                            arguments[0]);
        if (valid && !duration_parse(valid, &seconds, error))
                return false;
        g_autoptr(Repository) repository = source_open_to_sign(depot, error);
        if (!repository || (valid && !repository_set_valid(repository, seconds, error)) ||
            !repository_commit(repository, error))
                return false;
        return print_result(repository, error);
}

const Command command_refresh = {
        .name = "refresh",
        .arguments = "--depot DEPOT",
        .summary = "Sign a depot again, with new dates",
        .details =
                "The content stays as it is. Do this before the depot expires: a year after the last publication, unless\n"
                "it was made with another --valid.\n\n"
                "Example:\n  lautta refresh --depot /srv/depot",
        .options = options,
        .run = run,
};
