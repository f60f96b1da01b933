/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>

#include "bar.h"
#include "command.h"
#include "errors.h"
#include "output.h"
#include "source.h"
#include "units.h"
#include "verify.h"

static json_t *damage_to_json(const Damage *damage)
{
        json_t *breaks = json_array();
        for (guint i = 0; i < damage->breaks->len; i++)
                json_array_append_new(breaks, json_string(g_ptr_array_index(damage->breaks, i)));
        json_t *object = json_object();
        output_add_text(&object, "file", damage->file);
        output_add_text(&object, "what", damage->what);
        output_add(&object, "breaks", breaks);
        return object;
}

static bool print_json(const VerifyResult *result, double seconds, GError **error)
{
        json_t *damages = json_array();
        for (guint i = 0; i < result->damages->len; i++)
                json_array_append_new(damages, damage_to_json(g_ptr_array_index(result->damages, i)));
        json_t *object = json_object();
        output_add_count(&object, "versions", result->versions);
        output_add_count(&object, "packs", result->packs);
        output_add_count(&object, "chunks", result->chunks);
        output_add_count(&object, "pack_bytes", result->pack_bytes);
        output_add_count(&object, "dead_bytes", result->dead_bytes);
        output_add_count(&object, "deltas", result->deltas);
        output_add_count(&object, "delta_bytes", result->delta_bytes);
        output_add(&object, "damaged", damages);
        output_add_seconds(&object, "seconds", seconds);
        return output_json(object, error);
}

static void print_text(const VerifyResult *result, double seconds)
{
        for (guint i = 0; i < result->damages->len; i++) {
                const Damage *damage = g_ptr_array_index(result->damages, i);
                output_print("damaged: %s: %s\n", damage->file, damage->what);
                for (guint k = 0; k < damage->breaks->len; k++)
                        output_print("  breaks %s\n", (const char *)g_ptr_array_index(damage->breaks, k));
        }
        g_autofree char *packs = size_format(result->pack_bytes);
        g_autofree char *dead = size_format(result->dead_bytes);
        g_autofree char *deltas = size_format(result->delta_bytes);
        output_print("%" G_GUINT64_FORMAT " versions, %" G_GUINT64_FORMAT " packs with %" G_GUINT64_FORMAT
                     " chunks (%s, of which %s are dead), %" G_GUINT64_FORMAT
                     " deltas (%s) checked in %.1f s: %s\n",
                     result->versions, result->packs, result->chunks, packs, dead, result->deltas, deltas,
                     seconds, result->damages->len ? "damaged" : "all good");
}

static bool run(char **arguments, int count, GError **error)
{
        (void)arguments;
        if (count != 0)
                return fail(error, LAUTTA_ERROR_USAGE, "it takes no arguments, only options; see --help");
        gint64 started_us = g_get_monotonic_time();
        DepotOptions depot_options;
        g_autoptr(Remote) remote = source_open(&depot_options, error);
        g_auto(VerifyResult) result = {0};
        if (!remote || !verify_depot(remote, &depot_options, bar(), &result, error))
                return false;
        double seconds = (double)(g_get_monotonic_time() - started_us) / 1e6;
        if (option_json && !print_json(&result, seconds, error))
                return false;
        if (!option_json)
                print_text(&result, seconds);
        return result.damages->len == 0 ||
               fail(error, LAUTTA_ERROR_CORRUPT,
                    "%u files are damaged: publish the depot again from a good copy", result.damages->len);
}

const Command command_verify = {
        .name = "verify",
        .arguments = "--depot DEPOT|URL --keyring FILE",
        .summary = "Check everything in a depot",
        .details =
                "Every file is read and checked against the key and the digests. Each damaged file is named, with the versions\n"
                "that it breaks, and the exit code is 3.\n\n"
                "Example:\n  lautta verify --depot https://depot.example.org --keyring release.pgp",
        .shared_options = source_entries,
        .run = run,
};
