/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>

#include "bar.h"
#include "command.h"
#include "errors.h"
#include "gc.h"
#include "output.h"
#include "phase.h"
#include "source.h"
#include "units.h"

static char *depot;
static int threshold_percent = GC_THRESHOLD_PERCENT;
static gboolean dry_run;

static const GOptionEntry options[] = {
        {"depot", 'd', 0, G_OPTION_ARG_FILENAME, &depot, "The depot's directory", "DEPOT"},
        {"threshold", 0, 0, G_OPTION_ARG_INT, &threshold_percent,
         "Compact packs of which more than this many percent are dead (default: 25)", "PERCENT"},
        {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, "Only show what would be done", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* Negative if new locators and chunk lists take more bytes than the removed files. */
static int64_t freed_bytes(const GcSummary *summary)
{
        return (int64_t)summary->removed_bytes - (int64_t)summary->copied_bytes;
}

static bool print_json(const GcSummary *s, double seconds, GError **error)
{
        json_t *object = json_object();
        output_add_flag(&object, "dry_run", dry_run);
        output_add_count(&object, "packs", s->packs);
        output_add_count(&object, "pack_bytes", s->pack_bytes);
        output_add_count(&object, "dead_bytes", s->dead_bytes);
        output_add_count(&object, "packs_removed", s->removed_packs);
        output_add_count(&object, "packs_compacted", s->compacted_packs);
        output_add_count(&object, "deltas_removed", s->removed_deltas);
        output_add_count(&object, "others_removed", s->removed_others);
        output_add_count(&object, "locators_written", s->locators);
        output_add_count(&object, "bytes_copied", s->copied_bytes);
        output_add(&object, "bytes_freed", json_integer(freed_bytes(s)));
        output_add_count(&object, "bytes_needed", s->needed_bytes);
        output_add_seconds(&object, "seconds", seconds);
        return output_json(object, error);
}

static void print_text(const GcSummary *s, bool is_empty)
{
        g_autofree char *packs = size_format(s->pack_bytes);
        g_autofree char *dead = size_format(s->dead_bytes);
        g_autofree char *freed = size_format((uint64_t)MAX(freed_bytes(s), 0));
        if (is_empty) {
                output_print("Nothing to do: %" G_GUINT64_FORMAT " packs (%s), of which %s are dead\n",
                             s->packs, packs, dead);
                return;
        }
        output_print("%s %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " packs, %" G_GUINT64_FORMAT
                     " deltas, %" G_GUINT64_FORMAT " other files removed, %" G_GUINT64_FORMAT
                     " packs compacted, %" G_GUINT64_FORMAT " locators written: %s freed\n",
                     dry_run ? "Would be done:" : "Done:", s->removed_packs, s->packs, s->removed_deltas,
                     s->removed_others, s->compacted_packs, s->locators, freed);
}

static void say_need(const GcSummary *summary)
{
        g_autofree char *needed = size_format(summary->needed_bytes);
        g_autofree char *what = g_strdup_printf("needs %s of free space before it frees any", needed);
        print_phase(what);
}

static bool run(char **arguments, int count, GError **error)
{
        (void)arguments;
        if (count != 0)
                return fail(error, LAUTTA_ERROR_USAGE, "it takes no arguments, only options; see --help");
        if (threshold_percent < 0 || threshold_percent > 100)
                return fail(error, LAUTTA_ERROR_USAGE, "--threshold takes 0 to 100 percent");
        gint64 started_us = g_get_monotonic_time();
        g_autoptr(Repository) repository = source_open_to_write(depot, error);
        g_autoptr(GcPlan) plan =
                repository ? gc_plan(repository, (unsigned)threshold_percent, bar(), error) : NULL;
        if (!plan)
                return false;
        const GcSummary *summary = gc_plan_summary(plan);
        if (!gc_plan_is_empty(plan) && !option_json)
                say_need(summary);
        if (!dry_run && !gc_run(plan, bar(), error))
                return false;
        double seconds = (double)(g_get_monotonic_time() - started_us) / 1e6;
        if (option_json)
                return print_json(summary, seconds, error);
        print_text(summary, gc_plan_is_empty(plan));
        return true;
}

const Command command_gc = {
        .name = "gc",
        .arguments = "--depot DEPOT [--threshold PERCENT] [--dry-run]",
        .summary = "Free the space that no version needs",
        .details =
                "Packs and deltas that no published version needs are deleted. Packs with many dead chunks are written\n"
                "again without them. Readers are not disturbed.\n\n"
                "Example:\n  lautta gc --depot /srv/depot --dry-run",
        .options = options,
        .run = run,
};
