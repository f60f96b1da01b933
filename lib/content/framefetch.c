/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "framefetch.h"

#include <string.h>

#include "errors.h"
#include "frame.h"
#include "frameranges.h"
#include "jobs.h"

enum {
        JOB_BYTES = 512 * 1024, /* frames go to the workers in lots of this size */
        JOBS_MAX = 32,          /* lots that may wait; bounds memory */
};

/* A lot of frames, one after the other, ready to be opened. */
typedef struct {
        size_t first, count;
        size_t used;
        uint8_t bytes[];
} Job;

/* The progress of reading one range. */
typedef struct {
        uint64_t at;
        size_t next;
        Job *job;
} RangeState;

typedef struct {
        const FrameFetch *fetch;
        FrameWanted *wanted;
        GArray *ranges;
        RangeState *states;
        Jobs *jobs;
} Fetching;

static bool open_frame(const FrameFetch *fetch, const FrameWanted *wanted, const uint8_t *frame,
                       uint8_t *content, GError **error)
{
        g_autoptr(GError) why = NULL;
        if (frame_open(frame, wanted->place.size, wanted->id, content, wanted->length, &why))
                return fetch->frame ? fetch->frame(fetch->user, wanted, frame, error)
                                    : fetch->good(fetch->user, wanted, content, error);
        g_prefix_error(&why, "pack %s at %u: ", fetch->packs[wanted->place.pack].name, wanted->place.offset);
        fetch->bad(fetch->user, wanted, why);
        return true;
}

static bool open_job(void *user, void *data, GError **error)
{
        const Job *job = data;
        const Fetching *fetching = user;
        static GPrivate scratch = G_PRIVATE_INIT(g_free);
        uint8_t *content = g_private_get(&scratch);
        if (!content) {
                content = g_malloc(CHUNK_DATA_MAX_BYTES);
                g_private_set(&scratch, content);
        }
        const uint8_t *frame = job->bytes;
        for (size_t i = 0; i < job->count; i++) {
                const FrameWanted *wanted = &fetching->wanted[job->first + i];
                if (!open_frame(fetching->fetch, wanted, frame, content, error))
                        return false;
                frame += wanted->place.size;
        }
        return true;
}

/* Copy the bytes of the current frame into the job. Returns how many bytes. */
static size_t take_frame_bytes(RangeState *state, const FrameWanted *wanted, const uint8_t *bytes,
                               size_t size)
{
        if (!state->job) {
                state->job = g_malloc(sizeof(Job) + JOB_BYTES + frame_max_bytes(CHUNK_DATA_MAX_BYTES));
                *state->job = (Job){.first = state->next};
        }
        size_t part = (size_t)MIN(size, frameranges_place_end(&wanted->place) - state->at);
        memcpy(state->job->bytes + state->job->used, bytes, part);
        state->job->used += part;
        return part;
}

/* End a whole frame: hand the job over if it is large enough or has the last frame of the range. */
static bool end_frame(Fetching *fetching, const FrameRange *range, RangeState *state, GError **error)
{
        state->next++;
        state->job->count++;
        bool last = state->next == range->first + range->count;
        return (!last && state->job->used < JOB_BYTES) ||
               jobs_push(fetching->jobs, g_steal_pointer(&state->job), error);
}

static bool range_data(void *user, size_t number, const uint8_t *bytes, size_t size, GError **error)
{
        Fetching *fetching = user;
        const FrameRange *range = &g_array_index(fetching->ranges, FrameRange, number);
        RangeState *state = &fetching->states[number];
        if (fetching->fetch->raw)
                fetching->fetch->raw(fetching->fetch->user, range->pack, bytes, size);
        while (size > 0 && state->next < range->first + range->count) {
                const FrameWanted *wanted = &fetching->wanted[state->next];
                bool gap = state->at < wanted->place.offset;
                size_t part = gap ? (size_t)MIN(size, wanted->place.offset - state->at)
                                  : take_frame_bytes(state, wanted, bytes, size);
                state->at += part;
                bytes += part;
                size -= part;
                if (state->at == frameranges_place_end(&wanted->place) &&
                    !end_frame(fetching, range, state, error))
                        return false;
        }
        return true;
}

/* An absent or short pack loses its frames; a depot that cannot be reached stops the fetch. */
static bool range_failed(void *user, size_t number, const GError *why, GError **error)
{
        Fetching *fetching = user;
        const FrameRange *range = &g_array_index(fetching->ranges, FrameRange, number);
        if (!error_is(why, LAUTTA_ERROR_NOT_FOUND) && !error_is(why, LAUTTA_ERROR_CORRUPT)) {
                g_propagate_error(error, g_error_copy(why));
                return false;
        }
        RangeState *state = &fetching->states[number];
        /* Frames that arrived whole still count. */
        if (state->job && state->job->count &&
            !jobs_push(fetching->jobs, g_steal_pointer(&state->job), error))
                return false;
        for (size_t i = state->next; i < range->first + range->count; i++)
                fetching->fetch->bad(fetching->fetch->user, &fetching->wanted[i], why);
        return true;
}

static bool fetch_ranges(Fetching *fetching, Remote *remote, GError **error)
{
        guint count = fetching->ranges->len;
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        g_autofree RemoteRange *ranges = frameranges_remote(fetching->fetch, fetching->ranges, paths);
        for (guint i = 0; i < count; i++) {
                const FrameRange *range = &g_array_index(fetching->ranges, FrameRange, i);
                fetching->states[i] = (RangeState){.at = range->begin, .next = range->first};
        }
        RemoteSink sink = {range_data, range_failed, fetching};
        return remote_fetch(remote, ranges, count, &sink, error);
}

static bool run_fetching(Fetching *fetching, Remote *remote, GError **error)
{
        JobsOptions options = {g_get_num_processors(), JOBS_MAX, open_job, g_free, fetching};
        g_autoptr(Jobs) jobs = jobs_new(&options, error);
        fetching->jobs = jobs;
        return jobs && fetch_ranges(fetching, remote, error) && jobs_finish(jobs, error);
}

FramePack *framefetch_packs(const Locator *locator)
{
        FramePack *packs = g_new0(FramePack, locator_pack_count(locator) + 1);
        for (size_t i = 0; i < locator_pack_count(locator); i++)
                packs[i] = (FramePack){locator_pack_name(locator, i), locator_pack_bytes(locator, i)};
        return packs;
}

bool framefetch_run(const FrameFetch *fetch, Remote *remote, FrameWanted *wanted, size_t count,
                    GError **error)
{
        g_autoptr(GArray) ranges = frameranges_make(fetch, wanted, &count);
        if (ranges->len == 0)
                return true;
        g_autofree RangeState *states = g_new0(RangeState, ranges->len);
        Fetching fetching = {.fetch = fetch, .wanted = wanted, .ranges = ranges, .states = states};
        bool good = run_fetching(&fetching, remote, error);
        for (guint i = 0; i < ranges->len; i++)
                g_free(states[i].job);
        return good;
}
