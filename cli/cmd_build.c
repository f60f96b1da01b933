/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>

#include "bar.h"
#include "build.h"
#include "command.h"
#include "errors.h"
#include "output.h"
#include "phase.h"
#include "units.h"

static char *output, *mirror;

static const GOptionEntry options[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "The image to write", "IMAGE"},
        {"mirror", 0, 0, G_OPTION_ARG_STRING, &mirror, "Take the suite from this mirror", "URL"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool print_json(const BuildResult *result, double seconds, GError **error)
{
        json_t *object = json_object();
        output_add_text(&object, "image", output);
        output_add_count(&object, "bytes", result->image_bytes);
        output_add_count(&object, "disk_bytes", result->disk_bytes);
        output_add_count(&object, "kernel_bytes", result->kernel_bytes);
        output_add_count(&object, "initrd_bytes", result->initrd_bytes);
        output_add_count(&object, "packages", result->package_count);
        output_add_seconds(&object, "seconds", seconds);
        return output_json(object, error);
}

static void print_size(const char *name, uint64_t bytes)
{
        g_autofree char *size = size_format(bytes);
        if (bytes > 0)
                output_print("%-9s %s\n", name, size);
}

static void print_table(const BuildResult *result, double seconds)
{
        g_autofree char *disk = size_format(result->disk_bytes);
        g_autofree char *size = size_format(result->image_bytes);
        output_print("%-9s %s\n%-9s %s, %s of it on disk\n", "image", output, "size", size, disk);
        print_size("kernel", result->kernel_bytes);
        print_size("initrd", result->initrd_bytes);
        if (result->package_count > 0)
                output_print("%-9s %u\n", "packages", result->package_count);
        output_print("%-9s %.1f\n", "seconds", seconds);
}

static bool run(char **arguments, int count, GError **error)
{
        if (count != 1)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "name one service description; see 'lautta build --help'");
        if (!output)
                return fail(error, LAUTTA_ERROR_USAGE, "no image is named: choose its path with -o IMAGE");
        g_autoptr(ServiceDescription) description = description_load(arguments[0], error);
        if (!description)
                return false;
        BuildRequest request = {description, output, mirror, print_phase, bar()};
        BuildResult result = {0};
        gint64 begin_us = g_get_monotonic_time();
        if (!build_image(&request, &result, error))
                return false;
        double seconds = (double)(g_get_monotonic_time() - begin_us) / 1e6;
        if (option_json)
                return print_json(&result, seconds, error);
        print_table(&result, seconds);
        return true;
}

const Command command_build = {
        .name = "build",
        .arguments = "SERVICE.yaml -o IMAGE",
        .summary = "Build a service's image from its description",
        .details =
                "The image is a root file system made from Debian packages, or the content of a disk file. Next to it, the\n"
                "kernel is IMAGE.kernel, the initrd IMAGE.initrd, and the list of packages IMAGE.packages.\n"
                "The same description and packages give the same bytes.\n\n"
                "Example:\n  lautta build web.yaml -o web.raw\n\nSee lautta-build(1) and lautta-service(5).",
        .options = options,
        .run = run,
};
