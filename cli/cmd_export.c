/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>

#include "bar.h"
#include "command.h"
#include "debversion.h"
#include "errors.h"
#include "export.h"
#include "output.h"
#include "source.h"
#include "units.h"

static char *castr, *architecture;

static const GOptionEntry options[] = {
        {"castr", 'o', 0, G_OPTION_ARG_FILENAME, &castr,
         "Write SERVICE.caibx here, and the chunks into default.castr", "DIR"},
        {"architecture", 'a', 0, G_OPTION_ARG_STRING, &architecture,
         "amd64 or arm64, for a version that exists for both", "ARCH"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool print_json(const ExportRequest *request, const ExportResult *result, RemoteStats stats,
                       double seconds, GError **error)
{
        json_t *object = json_object();
        output_add_text(&object, "service", request->service);
        output_add_text(&object, "version", result->version);
        output_add_text(&object, "architecture", result->architecture);
        output_add_text(&object, "castr", request->directory);
        output_add_count(&object, "chunks", result->chunks);
        output_add_count(&object, "chunks_added", result->added_chunks);
        output_add_count(&object, "bytes_added", result->added_bytes);
        output_add_count(&object, "bytes_fetched", stats.bytes_received);
        output_add_count(&object, "requests", stats.requests);
        output_add_seconds(&object, "seconds", seconds);
        return output_json(object, error);
}

static void print_text(const ExportRequest *request, const ExportResult *result, double seconds)
{
        g_autofree char *added = size_format(result->added_bytes);
        output_print("%s/%s.caibx: %s %s, %" G_GUINT64_FORMAT " chunks, of which %" G_GUINT64_FORMAT
                     " (%s) were new to the store, %.1f s\n",
                     request->directory, request->service, request->service, result->version, result->chunks,
                     result->added_chunks, added, seconds);
}

static bool run(char **arguments, int count, GError **error)
{
        if (count != 1 || !castr)
                return fail(error, LAUTTA_ERROR_USAGE, "give one service and --castr DIR; see --help");
        g_auto(GStrv) parts = g_strsplit(arguments[0], "=", 2);
        if (!*parts || !debian_name_is_valid(parts[0]))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not the name of a service", arguments[0]);
        if (parts[1] && !debian_version_is_valid(parts[1]))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a version", parts[1]);
        gint64 started_us = g_get_monotonic_time();
        DepotOptions depot_options;
        g_autoptr(Remote) remote = source_open(&depot_options, error);
        if (!remote)
                return false;
        ExportRequest request = {.service = parts[0],
                                 .version = parts[1],
                                 .architecture = architecture,
                                 .directory = castr,
                                 .progress = bar()};
        ExportResult result;
        if (!export_service(remote, &depot_options, &request, &result, error))
                return false;
        double seconds = (double)(g_get_monotonic_time() - started_us) / 1e6;
        if (option_json)
                return print_json(&request, &result, remote_stats(remote), seconds, error);
        print_text(&request, &result, seconds);
        return true;
}

const Command command_export = {
        .name = "export",
        .arguments = "SERVICE[=VERSION] --depot DEPOT|URL --castr DIR",
        .summary = "Write an image in casync's format",
        .details =
                "casync(1) rebuilds the image from DIR/SERVICE.caibx and DIR/default.castr. Chunks that are in the store\n"
                "already are not fetched again.\n\n"
                "Example:\n"
                "  lautta export web=1.1 --depot https://depot.example.org/ --keyring release.pgp --castr /srv/casync\n"
                "  casync extract /srv/casync/web.caibx web.img",
        .options = options,
        .shared_options = source_entries,
        .run = run,
};
