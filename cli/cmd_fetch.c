/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bar.h"
#include "command.h"
#include "debversion.h"
#include "errors.h"
#include "fetch.h"
#include "output.h"
#include "source.h"
#include "units.h"

static char *output, *architecture;
static char **seeds;

static const GOptionEntry options[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
         "Where the image goes; kernel and initrd go beside it", "IMAGE"},
        {"seed", 's', 0, G_OPTION_ARG_FILENAME_ARRAY, &seeds,
         "Take what is the same from this image (may be repeated)", "IMAGE"},
        {"architecture", 'a', 0, G_OPTION_ARG_STRING, &architecture, "Of these: amd64, arm64", "ARCH"},
        SOURCE_OPTIONS,
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool print_json(const FetchRequest *request, const FetchResult *result, RemoteStats stats,
                       double seconds, GError **error)
{
        const AssemblyStats *content = &result->content;
        return output_json(
                json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "service",
                          request->service, "version", result->version, "architecture", result->architecture,
                          "image", request->output, "was_there", result->was_there, "bytes_fetched",
                          (json_int_t)stats.bytes_received, "bytes_reused",
                          (json_int_t)(content->present_bytes + content->seed_bytes), "bytes_cloned",
                          (json_int_t)content->cloned_bytes, "data_bytes", (json_int_t)content->data_bytes,
                          "blob_bytes", (json_int_t)content->blob_bytes, "requests",
                          (json_int_t)stats.requests, "seconds", seconds),
                error);
}

static void print_text(const FetchRequest *request, const FetchResult *result, RemoteStats stats,
                       double seconds)
{
        g_autofree char *fetched = size_format(stats.bytes_received);
        g_autofree char *reused = size_format(result->content.present_bytes + result->content.seed_bytes);
        if (result->was_there)
                printf("%s: %s %s was there already, and is right\n", request->output, request->service,
                       result->version);
        else
                printf("%s: %s %s, %s fetched in %" G_GUINT64_FORMAT " requests, %s reused, %.1f s\n",
                       request->output, request->service, result->version, fetched, stats.requests, reused,
                       seconds);
}

static bool run(char **arguments, int count, GError **error)
{
        if (count != 1 || !output)
                return fail(error, LAUTTA_ERROR_USAGE, "give one service and -o IMAGE; see --help");
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
        FetchRequest request = {
                .service = parts[0],
                .version = parts[1],
                .architecture = architecture,
                .output = output,
                .seeds = (const char *const *)seeds,
                .progress = bar(),
        };
        FetchResult result;
        if (!fetch_service(remote, &depot_options, &request, &result, error))
                return false;
        double seconds = (double)(g_get_monotonic_time() - started_us) / 1e6;
        if (option_json)
                return print_json(&request, &result, remote_stats(remote), seconds, error);
        print_text(&request, &result, remote_stats(remote), seconds);
        return true;
}

const Command command_fetch = {
        .name = "fetch",
        .arguments = "SERVICE[=VERSION] --depot DEPOT|URL --keyring FILE -o IMAGE",
        .summary = "Fetch an image, verified and resumable",
        .details = "Without a version, the newest is fetched. An interrupted call is taken up by the next "
                   "one, also from another\n"
                   "depot. What IMAGE is now serves as a seed, and IMAGE.caibx is left beside it.\n\n"
                   "Example:\n"
                   "  lautta fetch web=1.1 --depot https://depot.example.org/ --keyring release.pgp -o "
                   "web.img --seed web-1.0.img",
        .options = options,
        .run = run,
};
