/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deltafetch.h"

#include <string.h>

#include "errors.h"
#include "jobs.h"

enum { GAP_BYTES = 128 * 1024 }; /* reading over this costs less than another request */

/* The frame of one window. */
typedef struct {
        uint32_t window;
        uint32_t used;
        uint8_t bytes[];
} Job;

/* The progress of reading one range. */
typedef struct {
        uint64_t at;
        guint next; /* index of the next wanted window */
        Job *job;
} RangeState;

typedef struct {
        const DeltaFetch *fetch;
        GArray *ranges;
        RangeState *states;
        Jobs *jobs;
} Fetching;

GArray *deltafetch_ranges(const DeltaTable *table, const GArray *windows)
{
        GArray *ranges = g_array_new(false, false, sizeof(DeltaRange));
        for (guint i = 0; i < windows->len; i++) {
                const DeltaWindow *window = delta_table_window(table, g_array_index(windows, uint32_t, i));
                uint64_t end = window->offset + window->frame_bytes;
                DeltaRange *last = ranges->len ? &g_array_index(ranges, DeltaRange, ranges->len - 1) : NULL;
                if (last && window->offset - last->end <= GAP_BYTES) {
                        last->end = end;
                        last->count++;
                        continue;
                }
                DeltaRange range = {window->offset, end, i, 1};
                g_array_append_val(ranges, range);
        }
        return ranges;
}

RemoteRange *deltafetch_remote(const char *path, const GArray *ranges)
{
        RemoteRange *remote = g_new0(RemoteRange, ranges->len + 1);
        for (guint i = 0; i < ranges->len; i++) {
                const DeltaRange *range = &g_array_index(ranges, DeltaRange, i);
                remote[i] = (RemoteRange){path, range->begin, range->end - range->begin};
        }
        return remote;
}

static uint32_t wanted_at(const Fetching *fetching, guint i)
{
        return g_array_index(fetching->fetch->windows, uint32_t, i);
}

static bool open_job(void *user, void *data, GError **error)
{
        const DeltaFetch *fetch = ((const Fetching *)user)->fetch;
        const Job *job = data;
        return fetch->came(fetch->user, job->window, job->bytes, error);
}

/* Copy the bytes of the current window into its job. Returns how many bytes. */
static size_t take_frame_bytes(RangeState *state, uint32_t number, const DeltaWindow *window,
                               const uint8_t *bytes, size_t size)
{
        if (!state->job) {
                state->job = g_malloc(sizeof(Job) + window->frame_bytes);
                *state->job = (Job){.window = number};
        }
        size_t part = MIN(size, window->frame_bytes - state->job->used);
        memcpy(state->job->bytes + state->job->used, bytes, part);
        state->job->used += (uint32_t)part;
        return part;
}

static bool range_data(void *user, size_t number, const uint8_t *bytes, size_t size, GError **error)
{
        Fetching *fetching = user;
        const DeltaRange *range = &g_array_index(fetching->ranges, DeltaRange, number);
        RangeState *state = &fetching->states[number];
        while (size > 0 && state->next < range->first + range->count) {
                uint32_t wanted = wanted_at(fetching, state->next);
                const DeltaWindow *window = delta_table_window(fetching->fetch->table, wanted);
                bool gap = state->at < window->offset;
                size_t part = gap ? (size_t)MIN(size, window->offset - state->at)
                                  : take_frame_bytes(state, wanted, window, bytes, size);
                state->at += part;
                bytes += part;
                size -= part;
                if (state->at < window->offset + window->frame_bytes)
                        continue;
                state->next++;
                if (!jobs_push(fetching->jobs, g_steal_pointer(&state->job), error))
                        return false;
        }
        return true;
}

/* An absent or short file loses its windows; a depot that cannot be reached stops the fetch. */
static bool range_failed(void *user, size_t number, const GError *why, GError **error)
{
        Fetching *fetching = user;
        const DeltaRange *range = &g_array_index(fetching->ranges, DeltaRange, number);
        if (!error_is(why, LAUTTA_ERROR_NOT_FOUND) && !error_is(why, LAUTTA_ERROR_CORRUPT)) {
                g_propagate_error(error, g_error_copy(why));
                return false;
        }
        for (guint i = fetching->states[number].next; i < range->first + range->count; i++)
                fetching->fetch->lost(fetching->fetch->user, wanted_at(fetching, i), why);
        return true;
}

static bool fetch_ranges(Fetching *fetching, Remote *remote, GError **error)
{
        guint count = fetching->ranges->len;
        g_autofree RemoteRange *ranges = deltafetch_remote(fetching->fetch->path, fetching->ranges);
        for (guint i = 0; i < count; i++) {
                const DeltaRange *range = &g_array_index(fetching->ranges, DeltaRange, i);
                fetching->states[i] = (RangeState){.at = range->begin, .next = range->first};
        }
        RemoteSink sink = {range_data, range_failed, fetching};
        return remote_fetch(remote, ranges, count, &sink, error);
}

bool deltafetch_run(const DeltaFetch *fetch, unsigned threads, Remote *remote, GError **error)
{
        g_autoptr(GArray) ranges = deltafetch_ranges(fetch->table, fetch->windows);
        g_autofree RangeState *states = g_new0(RangeState, ranges->len + 1);
        Fetching fetching = {.fetch = fetch, .ranges = ranges, .states = states};
        JobsOptions options = {threads, threads + 1, open_job, g_free, &fetching};
        g_autoptr(Jobs) jobs = jobs_new(&options, error);
        fetching.jobs = jobs;
        bool good = jobs && fetch_ranges(&fetching, remote, error) && jobs_finish(jobs, error);
        for (guint i = 0; i < ranges->len; i++)
                g_free(states[i].job);
        return good;
}
