/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of assembly.h that chooses between deltas and packs. */
#include <string.h>

#include "assembly_private.h"
#include "deltafetch.h"
#include "errors.h"
#include "frameranges.h"

enum { REQUEST_BYTES = 100 * 1000 }; /* a request counts as much as these bytes */

/* The input of the choice. */
typedef struct {
        Assembly *assembly;
        const AssemblySource *source;
        GArray *wanted;  /* FrameWanted: every missing id */
        uint32_t *sizes; /* by number of a Missing: the size of its frame in a pack */
        FramePack *packs;
        const GPtrArray *deltas; /* DeltaSource: the usable deltas */
} Choices;

/* One way to fetch the missing content. */
typedef struct {
        DeltaSource *delta; /* NULL: packs alone */
        GArray *windows;
        uint32_t *window_for;
        AssemblyCost cost;
} Choice;

static void choice_clear(Choice *choice)
{
        g_clear_pointer(&choice->windows, g_array_unref);
        g_clear_pointer(&choice->window_for, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, choice_clear)

static uint64_t weight_of(const AssemblyCost *cost)
{
        return cost->delta_bytes + cost->pack_bytes + cost->requests * REQUEST_BYTES;
}

static uint64_t sum_of(const RemoteRange *ranges, size_t count)
{
        uint64_t bytes = 0;
        for (size_t i = 0; i < count; i++)
                bytes += ranges[i].length;
        return bytes;
}

/* --- the cost of a choice --- */

static void ignore_bad(void *user, const FrameWanted *wanted, const GError *why)
{
}

/* Returns the frames that packs must bring. Without a delta these are all wanted frames, and no copy is made. */
static GArray *rest_of(const Choices *choices, const Choice *choice)
{
        if (choices->deltas->len == 0)
                return g_array_ref(choices->wanted);
        GArray *rest = g_array_new(false, false, sizeof(FrameWanted));
        for (guint i = 0; i < choices->wanted->len; i++) {
                const FrameWanted *wanted = &g_array_index(choices->wanted, FrameWanted, i);
                if (choice->window_for[wanted->tag] == IDTABLE_NONE)
                        g_array_append_val(rest, *wanted);
        }
        return rest;
}

static void add_pack_cost(const Choices *choices, Choice *choice)
{
        g_autoptr(GArray) rest = rest_of(choices, choice);
        FrameFetch fetch = {.packs = choices->packs,
                            .pack_count = locator_pack_count(choices->source->locator),
                            .pack_path = choices->source->pack_path,
                            .bad = ignore_bad};
        size_t count = rest->len;
        g_autoptr(GArray) ranges = frameranges_make(&fetch, (FrameWanted *)rest->data, &count);
        g_array_set_size(rest, (guint)count);
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        g_autofree RemoteRange *remote = frameranges_remote(&fetch, ranges, paths);
        choice->cost.pack_bytes = sum_of(remote, ranges->len);
        choice->cost.requests += remote_requests_for(choices->source->remote, remote, ranges->len);
}

static void add_delta_cost(const Choices *choices, Choice *choice)
{
        if (!choice->delta)
                return;
        g_autofree char *path = choices->source->delta_path(deltasource_delta(choice->delta)->name);
        g_autoptr(GArray) ranges = deltafetch_ranges(deltasource_table(choice->delta), choice->windows);
        g_autofree RemoteRange *remote = deltafetch_remote(path, ranges);
        choice->cost.delta_bytes = sum_of(remote, ranges->len);
        choice->cost.requests += remote_requests_for(choices->source->remote, remote, ranges->len);
}

/* Add up the content, once for every place where it is missing. */
static void add_content(const Choices *choices, Choice *choice)
{
        const Assembly *assembly = choices->assembly;
        for (guint i = 0; i < choices->wanted->len; i++) {
                const FrameWanted *wanted = &g_array_index(choices->wanted, FrameWanted, i);
                bool by_delta = choice->window_for[wanted->tag] != IDTABLE_NONE;
                uint64_t *sum = by_delta ? &choice->cost.content_by_delta : &choice->cost.content_by_packs;
                for (uint32_t number = wanted->tag; number != IDTABLE_NONE;
                     number = assembly_missing_at(assembly, number)->next)
                        *sum += assembly_has(assembly, assembly_missing_at(assembly, number))
                                        ? 0
                                        : wanted->length;
        }
}

/* --- the windows of a delta --- */

/* Assign the wanted ids in `window` that no other window brings. Returns: the bytes of their frames in packs. */
static uint64_t take_window(const Choices *choices, Choice *choice, uint32_t window)
{
        const Assembly *assembly = choices->assembly;
        uint64_t saved = 0;
        g_autoptr(GArray) content = g_array_new(false, false, sizeof(DeltaRun));
        g_autoptr(GArray) prefix = g_array_new(false, false, sizeof(DeltaRun));
        delta_table_runs(deltasource_table(choice->delta), window, content, prefix);
        for (guint r = 0; r < content->len; r++) {
                const DeltaRun *run = &g_array_index(content, DeltaRun, r);
                const Index *index = choices->source->blobs.indexes[run->blob];
                for (uint32_t i = run->first; i < run->first + run->count; i++) {
                        uint32_t number = idtable_find(&assembly->table, index_id(index, i)->bytes);
                        if (number == IDTABLE_NONE || choice->window_for[number] != IDTABLE_NONE ||
                            !assembly_wants(assembly, number))
                                continue;
                        choice->window_for[number] = window;
                        saved += choices->sizes[number];
                }
        }
        return saved;
}

static void give_back(const Choices *choices, Choice *choice, const bool *is_kept)
{
        for (guint i = 0; i < choices->wanted->len; i++) {
                uint32_t *window = &choice->window_for[g_array_index(choices->wanted, FrameWanted, i).tag];
                if (*window != IDTABLE_NONE && !is_kept[*window])
                        *window = IDTABLE_NONE;
        }
}

/* Choose the windows that bring something. With `is_thrifty`, a window must also be smaller than its content in
 * packs. */
static void choose_windows(const Choices *choices, Choice *choice, bool is_thrifty)
{
        const DeltaTable *table = deltasource_table(choice->delta);
        size_t count = delta_table_count(table);
        g_autofree bool *is_kept = g_new0(bool, count + 1);
        for (uint32_t w = 0; w < count; w++) {
                if (!deltasource_is_usable(choice->delta, w))
                        continue;
                uint64_t saved = take_window(choices, choice, w);
                is_kept[w] = saved > (is_thrifty ? delta_table_window(table, w)->frame_bytes : 0);
                if (is_kept[w])
                        g_array_append_val(choice->windows, w);
        }
        give_back(choices, choice, is_kept);
}

static Choice make_choice(const Choices *choices, DeltaSource *delta, bool is_thrifty)
{
        guint count = choices->assembly->missing->len;
        Choice choice = {.delta = delta,
                         .windows = g_array_new(false, false, sizeof(uint32_t)),
                         .window_for = g_new(uint32_t, count + 1)};
        memset(choice.window_for, 0xff, count * sizeof(uint32_t)); /* IDTABLE_NONE */
        if (delta)
                choose_windows(choices, &choice, is_thrifty);
        add_delta_cost(choices, &choice);
        add_pack_cost(choices, &choice);
        return choice;
}

static void keep_lighter(Choice *best, Choice *other)
{
        bool is_lighter = weight_of(&other->cost) < weight_of(&best->cost);
        Choice *loser = is_lighter ? best : other;
        choice_clear(loser);
        if (is_lighter)
                *best = *other;
}

static Choice choose(const Choices *choices)
{
        Choice best = make_choice(choices, NULL, false);
        for (guint i = 0; i < choices->deltas->len; i++) {
                for (int is_thrifty = 0; is_thrifty < 2; is_thrifty++) {
                        Choice other =
                                make_choice(choices, g_ptr_array_index(choices->deltas, i), is_thrifty);
                        keep_lighter(&best, &other);
                }
        }
        return best;
}

/* A delta is only as good as its sources: choose again while the check finds wrong chunks in them. */
static Choice choose_sound(const Choices *choices)
{
        for (;;) {
                g_auto(Choice) best = choose(choices);
                g_autoptr(GError) why = NULL;
                guint spoilt = best.delta ? deltasource_check(best.delta, best.windows, &why) : 0;
                if (spoilt == 0) {
                        Choice sound = best;
                        best = (Choice){0};
                        return sound;
                }
                assembly_lose(choices->assembly, spoilt, why);
        }
}

/* --- the plan --- */

static GPtrArray *find_deltas(Assembly *assembly, const AssemblySource *source)
{
        GPtrArray *deltas = g_ptr_array_new_with_free_func((GDestroyNotify)deltasource_free);
        for (size_t i = 0; i < locator_delta_count(source->locator); i++) {
                const LocatorDelta *delta = locator_delta(source->locator, i);
                g_autoptr(GError) why = NULL;
                if (!deltasource_fits(delta, source->seeds, source->seed_count))
                        continue;
                DeltaSource *opened =
                        deltasource_open(delta, source->seeds, source->seed_count, source->blobs, &why);
                if (opened)
                        g_ptr_array_add(deltas, opened);
                else
                        assembly_lose(assembly, 0, why);
        }
        return deltas;
}

static uint32_t *sizes_of(const Assembly *assembly, const GArray *wanted)
{
        uint32_t *sizes = g_new0(uint32_t, assembly->missing->len + 1);
        for (guint i = 0; i < wanted->len; i++) {
                const FrameWanted *frame = &g_array_index(wanted, FrameWanted, i);
                sizes[frame->tag] = frame->place.size;
        }
        return sizes;
}

AssemblyPlan *assembly_plan(Assembly *assembly, const AssemblySource *source, GError **error)
{
        g_autoptr(GArray) wanted = assembly_locate(assembly, source->locator, error);
        if (!wanted)
                return NULL;
        g_autofree uint32_t *sizes = sizes_of(assembly, wanted);
        g_autofree FramePack *packs = framefetch_packs(source->locator);
        AssemblyPlan *plan = g_new0(AssemblyPlan, 1);
        plan->source = *source;
        plan->deltas = find_deltas(assembly, source);
        Choices choices = {assembly, source, wanted, sizes, packs, plan->deltas};
        Choice choice = choose_sound(&choices);
        add_content(&choices, &choice);
        plan->cost = choice.cost;
        plan->delta = choice.delta;
        plan->windows = choice.windows;
        plan->window_for = choice.window_for;
        return plan;
}

void assembly_plan_free(AssemblyPlan *plan)
{
        if (!plan)
                return;
        g_ptr_array_unref(plan->deltas);
        g_array_unref(plan->windows);
        g_free(plan->window_for);
        g_free(plan);
}

const AssemblyCost *assembly_plan_cost(const AssemblyPlan *plan)
{
        return &plan->cost;
}
