/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "framefetch.h"

#include <string.h>

#include "errors.h"
#include "frame.h"
#include "frameranges.h"

enum {
        JOB_BYTES = 512 * 1024, /* frames go to the workers in lots of this */
        JOBS_MAX = 32,          /* lots that may wait; bounds memory */
};

/* Frames one after the other, ready to be opened. */
typedef struct {
        size_t first, count;
        size_t used;
        uint8_t bytes[];
} Job;

/* What of a range has come so far. */
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
        GThreadPool *workers;
        GMutex lock;
        GCond job_done;
        unsigned jobs;
        GError *error; /* the first from good() */
} Fetching;

static void stop_with(Fetching *fetching, GError *error)
{
        g_mutex_lock(&fetching->lock);
        if (fetching->error)
                g_error_free(error);
        else
                fetching->error = error;
        g_mutex_unlock(&fetching->lock);
}

static void open_frame(Fetching *fetching, const FrameWanted *wanted, const uint8_t *frame, uint8_t *content)
{
        const FrameFetch *fetch = fetching->fetch;
        GError *error = NULL;
        if (!frame_open(frame, wanted->place.size, wanted->id, content, wanted->length, &error)) {
                g_prefix_error(&error, "pack %s at %u: ", fetch->packs[wanted->place.pack].name,
                               wanted->place.offset);
                fetch->bad(fetch->user, wanted, error);
                g_error_free(error);
        } else if (!fetch->good(fetch->user, wanted, content, &error)) {
                stop_with(fetching, error);
        }
}

static void open_job(void *data, void *user)
{
        g_autofree Job *job = data;
        Fetching *fetching = user;
        static GPrivate scratch = G_PRIVATE_INIT(g_free);
        uint8_t *content = g_private_get(&scratch);
        if (!content) {
                content = g_malloc(CHUNK_DATA_MAX_BYTES);
                g_private_set(&scratch, content);
        }
        const uint8_t *frame = job->bytes;
        for (size_t i = 0; i < job->count; i++) {
                const FrameWanted *wanted = &fetching->wanted[job->first + i];
                open_frame(fetching, wanted, frame, content);
                frame += wanted->place.size;
        }
        g_mutex_lock(&fetching->lock);
        fetching->jobs--;
        g_cond_signal(&fetching->job_done);
        g_mutex_unlock(&fetching->lock);
}

/* Give a full job to the workers; waits while too many wait already. */
static bool push_job(Fetching *fetching, RangeState *state, GError **error)
{
        g_mutex_lock(&fetching->lock);
        while (fetching->jobs >= JOBS_MAX && !fetching->error)
                g_cond_wait(&fetching->job_done, &fetching->lock);
        bool stopped = fetching->error != NULL;
        if (stopped)
                g_propagate_error(error, g_error_copy(fetching->error));
        else
                fetching->jobs++;
        g_mutex_unlock(&fetching->lock);
        return !stopped && g_thread_pool_push(fetching->workers, g_steal_pointer(&state->job), error);
}

/* Copy what belongs to the frame under way into the job; tells how many bytes that were. */
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

/* A frame is whole: hand the job over if it is large enough, or the range's last. */
static bool end_frame(Fetching *fetching, const FrameRange *range, RangeState *state, GError **error)
{
        state->next++;
        state->job->count++;
        bool last = state->next == range->first + range->count;
        return (!last && state->job->used < JOB_BYTES) || push_job(fetching, state, error);
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

/* A pack that is not there or not whole loses its frames; a depot that is away stops everything. */
static bool range_failed(void *user, size_t number, const GError *why, GError **error)
{
        Fetching *fetching = user;
        const FrameRange *range = &g_array_index(fetching->ranges, FrameRange, number);
        if (!error_is(why, LAUTTA_ERROR_NOT_FOUND) && !error_is(why, LAUTTA_ERROR_CORRUPT)) {
                g_propagate_error(error, g_error_copy(why));
                return false;
        }
        RangeState *state = &fetching->states[number];
        /* Whole frames that did come are good. */
        if (state->job && state->job->count && !push_job(fetching, state, error))
                return false;
        for (size_t i = state->next; i < range->first + range->count; i++)
                fetching->fetch->bad(fetching->fetch->user, &fetching->wanted[i], why);
        return true;
}

static bool fetch_ranges(Fetching *fetching, Remote *remote, GError **error)
{
        guint count = fetching->ranges->len;
        g_autofree RemoteRange *ranges = g_new0(RemoteRange, count);
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < count; i++) {
                const FrameRange *range = &g_array_index(fetching->ranges, FrameRange, i);
                char *path = g_strdup_printf("packs/%s.pack", fetching->fetch->packs[range->pack].name);
                g_ptr_array_add(paths, path);
                ranges[i] = (RemoteRange){path, range->begin, range->end - range->begin};
                fetching->states[i] = (RangeState){.at = range->begin, .next = range->first};
        }
        RemoteSink sink = {range_data, range_failed, fetching};
        return remote_fetch(remote, ranges, count, &sink, error);
}

bool framefetch_run(const FrameFetch *fetch, Remote *remote, FrameWanted *wanted, size_t count,
                    GError **error)
{
        g_autoptr(GArray) ranges = frameranges_make(fetch, wanted, &count);
        if (ranges->len == 0)
                return true;
        g_autofree RangeState *states = g_new0(RangeState, ranges->len);
        Fetching fetching = {.fetch = fetch, .wanted = wanted, .ranges = ranges, .states = states};
        g_mutex_init(&fetching.lock);
        g_cond_init(&fetching.job_done);
        fetching.workers = g_thread_pool_new(open_job, &fetching, (int)g_get_num_processors(), true, error);
        bool good = fetching.workers && fetch_ranges(&fetching, remote, error);
        if (fetching.workers)
                g_thread_pool_free(fetching.workers, false, true);
        for (guint i = 0; i < ranges->len; i++)
                g_free(states[i].job);
        g_mutex_clear(&fetching.lock);
        g_cond_clear(&fetching.job_done);
        if (good && fetching.error) {
                g_propagate_error(error, g_steal_pointer(&fetching.error));
                good = false;
        }
        g_clear_error(&fetching.error);
        return good;
}
