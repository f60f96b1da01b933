/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "bar.h"
#include "build.h"
#include "command.h"
#include "debian_warning.h"
#include "errors.h"
#include "files.h"
#include "home.h"
#include "keys.h"
#include "output.h"
#include "phase.h"
#include "publish.h"
#include "source.h"
#include "units.h"

static char *depot, *image;
static int deltas = PUBLISH_DELTAS_DEFAULT;
static gboolean small_deltas;

static const GOptionEntry options[] = {
        {"image", 'i', 0, G_OPTION_ARG_FILENAME, &image,
         "The image that 'lautta build' made (default: build it now)", "IMAGE"},
        {"deltas", 0, 0, G_OPTION_ARG_INT, &deltas,
         "Make deltas from up to this many previous versions, where it pays (default: 3)", "N"},
        {"small-deltas", 0, 0, G_OPTION_ARG_NONE, &small_deltas,
         "Make deltas a few percent smaller, in several times the time", NULL},
        {"depot", 'd', 0, G_OPTION_ARG_FILENAME, &depot, "The depot's directory", "DEPOT"},
        SOURCE_CLOCK_ENTRY,
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static json_t *delta_json(const PublishedDelta *delta)
{
        json_t *object = json_object();
        output_add_text(&object, "from", delta->from);
        output_add_flag(&object, "kept", delta->name != NULL);
        output_add_count(&object, "bytes", delta->bytes);
        output_add_count(&object, "packed_bytes", delta->packed_bytes);
        output_add_text(&object, "why_not", delta->why_not);
        return object;
}

static json_t *deltas_json(const GPtrArray *list)
{
        json_t *array = json_array();
        for (guint i = 0; i < list->len; i++)
                json_array_append_new(array, delta_json(g_ptr_array_index(list, i)));
        return array;
}

static bool print_json(const ServiceDescription *d, const PublishResult *result, double seconds,
                       GError **error)
{
        const IngestStats *content = &result->content;
        json_t *object = json_object();
        output_add_text(&object, "service", d->service);
        output_add_text(&object, "version", d->version);
        output_add_text(&object, "architecture", d->architecture);
        output_add_flag(&object, "was_there", result->was_there);
        output_add_count(&object, "bytes", content->blob_bytes);
        output_add_count(&object, "chunks", content->chunks);
        output_add_count(&object, "zero_chunks", content->zero_chunks);
        output_add_count(&object, "new_chunks", content->new_chunks);
        output_add_count(&object, "new_bytes", content->new_bytes);
        output_add_count(&object, "packed_bytes", content->packed_bytes);
        output_add_count(&object, "package_bytes", result->package_bytes);
        output_add(&object, "deltas", deltas_json(result->deltas));
        output_add_seconds(&object, "seconds", seconds);
        return output_json(object, error);
}

static void print_delta(const PublishedDelta *delta)
{
        g_autofree char *title = g_strdup_printf("delta from %s", delta->from);
        g_autofree char *bytes = size_format(delta->bytes);
        g_autofree char *packed = size_format(delta->packed_bytes);
        if (delta->name)
                output_print("  %-18s %12s  %s instead of %s\n", title, "", bytes, packed);
        else
                output_print("  %-18s %12s  none: %s\n", title, "", delta->why_not);
}

static void print_text(const ServiceDescription *d, const PublishResult *result, double seconds)
{
        const IngestStats *content = &result->content;
        if (result->was_there) {
                output_print("%s %s (%s) is published already, with the same content\n", d->service,
                             d->version, d->architecture);
                return;
        }
        g_autofree char *bytes = size_format(content->blob_bytes);
        g_autofree char *new_bytes = size_format(content->new_bytes);
        g_autofree char *packed = size_format(content->packed_bytes);
        g_autofree char *package = size_format(result->package_bytes);
        output_print("%s %s (%s) is published\n", d->service, d->version, d->architecture);
        output_print("  %-18s %12" G_GUINT64_FORMAT "  %s\n", "chunks", content->chunks, bytes);
        output_print("  %-18s %12" G_GUINT64_FORMAT "\n", "of these, zeros", content->zero_chunks);
        output_print("  %-18s %12" G_GUINT64_FORMAT "  %s, packed %s\n", "new to the depot",
                     content->new_chunks, new_bytes, packed);
        output_print("  %-18s %12s  %s\n", "service package", "", package);
        for (guint i = 0; i < result->deltas->len; i++)
                print_delta(g_ptr_array_index(result->deltas, i));
        output_print("  %-18s %12.1f\n", "seconds", seconds);
}

/* Fail now, and not after minutes of building, if the publication would be refused. */
static bool can_be_written(GError **error)
{
        g_autoptr(Keys) keys = keys_load(error);
        g_autoptr(Repository) repository = keys ? repository_open(depot, error) : NULL;
        return repository && source_check_clock(repository, error);
}

/* Build the image in the cache, if --image names none. Returns: owned path; remove_built() removes the files.
 */
static char *build_now(const ServiceDescription *d, GError **error)
{
        g_autofree char *name = g_strdup_printf("%s_%s_%s.img", d->service, d->version, d->architecture);
        g_autofree char *directory = home_path("cache/publish");
        g_autofree char *path = g_build_filename(directory, name, NULL);
        BuildRequest request = {.description = d, .image = path, .phase = print_phase, .progress = bar()};
        BuildResult result;
        if (!directory_make(directory, 0700, error) || !build_image(&request, &result, error))
                return NULL;
        return g_steal_pointer(&path);
}

static void remove_built(const char *path)
{
        static const char *const suffixes[] = {"", ".kernel", ".initrd", ".packages"};
        for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
                g_autofree char *file = g_strconcat(path, suffixes[i], NULL);
                unlink(file);
        }
}

static bool publish(const ServiceDescription *description, const char *path, PublishResult *result,
                    GError **error)
{
        g_autoptr(Repository) repository = source_open_to_sign(depot, error);
        PublishRequest request = {.description = description,
                                  .image = path,
                                  .deltas = (size_t)deltas,
                                  .effort = small_deltas ? DELTA_SMALL : DELTA_FAST,
                                  .progress = bar()};
        return repository && publish_service(repository, &request, result, error);
}

static void warn_of_name(const ServiceDescription *description)
{
        g_autoptr(GPtrArray) name = g_ptr_array_new();
        g_ptr_array_add(name, description->service);
        debian_warning("publish", name);
}

static bool run(char **arguments, int count, GError **error)
{
        if (count != 1 || !depot)
                return fail(error, LAUTTA_ERROR_USAGE, "give one SERVICE.yaml and --depot DEPOT; see --help");
        if (deltas < 0 || deltas > PUBLISH_DELTAS_MAX)
                return fail(error, LAUTTA_ERROR_USAGE, "--deltas is a number from 0 to %d",
                            PUBLISH_DELTAS_MAX);
        gint64 started_us = g_get_monotonic_time();
        g_autoptr(ServiceDescription) description = description_load(arguments[0], error);
        if (!description)
                return false;
        warn_of_name(description);
        if (!image && !can_be_written(error))
                return false;
        g_autofree char *built = image ? NULL : build_now(description, error);
        if (!image && !built)
                return false;
        g_auto(PublishResult) result = {0};
        bool published = publish(description, image ? image : built, &result, error);
        if (built)
                remove_built(built);
        if (!published)
                return false;
        double seconds = (double)(g_get_monotonic_time() - started_us) / 1e6;
        if (option_json)
                return print_json(description, &result, seconds, error);
        print_text(description, &result, seconds);
        return true;
}

const Command command_publish = {
        .name = "publish",
        .arguments = "SERVICE.yaml [--image IMAGE] --depot DEPOT",
        .summary = "Put a version of a service into a depot",
        .details =
                "Readers see the version when all of it is in the depot. Publishing it again with the same content changes\n"
                "nothing; with other content it is refused.\n\n"
                "Example:\n"
                "  lautta build web.yaml -o web.img && lautta publish web.yaml --image web.img --depot /srv/depot",
        .options = options,
        .run = run,
};
