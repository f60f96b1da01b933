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

static char *output, *architecture, *max_bytes;
static char **seeds;
static gboolean only_plan;

static const GOptionEntry options[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
         "Write the image here, and kernel and initrd next to it", "IMAGE"},
        {"seed", 's', 0, G_OPTION_ARG_FILENAME_ARRAY, &seeds,
         "Reuse equal parts of this image (may be repeated)", "IMAGE"},
        {"architecture", 'a', 0, G_OPTION_ARG_STRING, &architecture,
         "amd64 or arm64, for a version that exists for both", "ARCH"},
        {"plan", 0, 0, G_OPTION_ARG_NONE, &only_plan,
         "Only show what would be fetched, from where, and how much", NULL},
        {"max-bytes", 0, 0, G_OPTION_ARG_STRING, &max_bytes,
         "Refuse to fetch more than this in all (like 50M)", "SIZE"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* The members that --plan and a fetch have in common. */
static json_t *make_json(const FetchRequest *request, const FetchResult *result, RemoteStats stats)
{
        const AssemblyStats *content = &result->content;
        json_t *object = json_object();
        output_add_text(&object, "service", request->service);
        output_add_text(&object, "version", result->version);
        output_add_text(&object, "architecture", result->architecture);
        output_add_text(&object, "image", request->output);
        output_add_flag(&object, "was_there", result->was_there);
        output_add_count(&object, "bytes_fetched", stats.bytes_received);
        output_add_count(&object, "requests", stats.requests);
        output_add_count(&object, "bytes_reused", content->present_bytes + content->seed_bytes);
        output_add_count(&object, "data_bytes", content->data_bytes);
        output_add_count(&object, "blob_bytes", content->blob_bytes);
        output_add_text(&object, "note", result->note);
        output_add_count(&object, "windows_lost", result->windows_lost);
        return object;
}

static bool print_json(const FetchRequest *request, const FetchResult *result, RemoteStats stats,
                       double seconds, GError **error)
{
        json_t *object = make_json(request, result, stats);
        output_add_count(&object, "bytes_cloned", result->content.cloned_bytes);
        output_add_count(&object, "bytes_delta", result->content.delta_bytes);
        output_add_seconds(&object, "seconds", seconds);
        return output_json(object, error);
}

/* Members of the same names mean the same as after the fetch itself. */
static bool print_plan_json(const FetchRequest *request, const FetchResult *result, RemoteStats metadata,
                            RemoteStats all, GError **error)
{
        const AssemblyCost *cost = &result->planned;
        json_t *object = make_json(request, result, all);
        output_add_flag(&object, "plan", true);
        output_add_count(&object, "bytes_delta", cost->content_by_delta);
        output_add_count(&object, "bytes_packs", cost->content_by_packs);
        output_add_count(&object, "fetch_metadata", metadata.bytes_received);
        output_add_count(&object, "fetch_delta", cost->delta_bytes);
        output_add_count(&object, "fetch_packs", cost->pack_bytes);
        return output_json(object, error);
}

static void print_source(const char *source, uint64_t fetched_bytes, uint64_t content_bytes)
{
        g_autofree char *fetched = size_format(fetched_bytes);
        g_autofree char *content = size_format(content_bytes);
        if (content_bytes)
                output_print("  %-14s %10s for %s of content\n", source, fetched, content);
}

static void print_plan(const FetchRequest *request, const FetchResult *result, RemoteStats metadata,
                       RemoteStats all)
{
        const AssemblyStats *content = &result->content;
        g_autofree char *all_text = size_format(all.bytes_received);
        g_autofree char *metadata_text = size_format(metadata.bytes_received);
        output_print("%s: %s %s takes %s to fetch, in %" G_GUINT64_FORMAT " requests\n", request->output,
                     request->service, result->version, all_text, all.requests);
        output_print("  %-14s %10s\n", "metadata", metadata_text);
        print_source("there already", 0, content->present_bytes);
        print_source("seeds", 0, content->seed_bytes);
        print_source("delta", result->planned.delta_bytes, result->planned.content_by_delta);
        print_source("packs", result->planned.pack_bytes, result->planned.content_by_packs);
}

static void print_text(const FetchRequest *request, const FetchResult *result, RemoteStats stats,
                       double seconds)
{
        g_autofree char *fetched = size_format(stats.bytes_received);
        g_autofree char *reused = size_format(result->content.present_bytes + result->content.seed_bytes);
        if (result->was_there)
                output_print("%s: %s %s was there already, and is right\n", request->output, request->service,
                             result->version);
        else
                output_print("%s: %s %s, %s fetched in %" G_GUINT64_FORMAT " requests, %s reused, %.1f s\n",
                             request->output, request->service, result->version, fetched, stats.requests,
                             reused, seconds);
}

static void print_note(const FetchResult *result)
{
        if (!result->note)
                return;
        bar_break();
        if (result->windows_lost)
                output_note(
                        "lautta fetch: warning: %zu windows of a delta cannot serve, falling back to packs: %s\n",
                        result->windows_lost, result->note);
        else
                output_note("lautta fetch: warning: a delta cannot serve, falling back to packs: %s\n",
                            result->note);
}

static bool tell_plan(const FetchRequest *request, const FetchResult *result, Remote *remote, GError **error)
{
        const AssemblyCost *cost = &result->planned;
        RemoteStats metadata = remote_stats(remote);
        RemoteStats all = {.requests = metadata.requests + cost->requests,
                           .bytes_received = metadata.bytes_received + cost->delta_bytes + cost->pack_bytes};
        if (option_json)
                return print_plan_json(request, result, metadata, all, error);
        print_plan(request, result, metadata, all);
        return true;
}

static bool tell(const FetchRequest *request, const FetchResult *result, Remote *remote, double seconds,
                 GError **error)
{
        print_note(result);
        if (request->only_plan)
                return tell_plan(request, result, remote, error);
        if (option_json)
                return print_json(request, result, remote_stats(remote), seconds, error);
        print_text(request, result, remote_stats(remote), seconds);
        return true;
}

static bool read_arguments(char **parts, uint64_t *limit_bytes, GError **error)
{
        if (!*parts || !debian_name_is_valid(parts[0]))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not the name of a service",
                            *parts ? parts[0] : "");
        if (parts[1] && !debian_version_is_valid(parts[1]))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a version", parts[1]);
        *limit_bytes = UINT64_MAX;
        if (!max_bytes || size_parse(max_bytes, limit_bytes, error))
                return true;
        g_prefix_error(error, "--max-bytes: ");
        return false;
}

static bool run(char **arguments, int count, GError **error)
{
        if (count != 1 || !output)
                return fail(error, LAUTTA_ERROR_USAGE, "give one service and -o IMAGE; see --help");
        g_auto(GStrv) parts = g_strsplit(arguments[0], "=", 2);
        uint64_t limit_bytes = 0;
        gint64 started_us = g_get_monotonic_time();
        DepotOptions depot_options;
        g_autoptr(Remote) remote =
                read_arguments(parts, &limit_bytes, error) ? source_open(&depot_options, error) : NULL;
        if (!remote)
                return false;
        if (!only_plan) /* a plan is never more than a few files */
                remote_set_limit(remote, limit_bytes);
        FetchRequest request = {
                .service = parts[0],
                .version = parts[1],
                .architecture = architecture,
                .output = output,
                .seeds = (const char *const *)seeds,
                .only_plan = only_plan,
                .progress = bar(),
        };
        g_auto(FetchResult) result = {0};
        if (!fetch_service(remote, &depot_options, &request, &result, error))
                return false;
        return tell(&request, &result, remote, (double)(g_get_monotonic_time() - started_us) / 1e6, error);
}

const Command command_fetch = {
        .name = "fetch",
        .arguments = "SERVICE[=VERSION] --depot DEPOT|URL --keyring FILE -o IMAGE",
        .summary = "Fetch an image, verified and resumable",
        .details =
                "Without a version, the newest is fetched. The next call continues an interrupted one, also from another\n"
                "depot. The present IMAGE serves as a seed, and IMAGE.caibx is written next to it.\n\n"
                "Example:\n"
                "  lautta fetch web=1.1 --depot https://depot.example.org/ --keyring release.pgp -o web.img --seed web-1.0.img",
        .options = options,
        .shared_options = source_entries,
        .run = run,
};
