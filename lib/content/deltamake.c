/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deltamake.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "chunkset.h"
#include "digest.h"
#include "errors.h"
#include "files.h"
#include "frame.h"
#include "similarity.h"
#include "workers.h"

enum {
        THREADS_MAX = 2, /* each has a Bench of 50 to 80 MiB */
        SIMILARITY_STRETCH = 64,
        PENDING_MAX = 16, /* finished windows that may wait for an earlier window */
};

/* A finished window that waits for its turn in the file. */
typedef struct {
        uint8_t *frame;
        size_t frame_bytes;
        GArray *content, *prefix; /* DeltaRun */
} Finished;

/* The buffers of one thread; used again for window after window. */
typedef struct {
        DeltaEncoder *encoder;
        uint8_t *content, *prefix, *frame;
} Bench;

typedef struct {
        const DeltaRequest *request;
        GArray *gone, *came;    /* ChunkRef */
        GArray *windows;        /* guint: the start of each window in `came`, and the end of the last */
        Similarity *similarity; /* of the gone */
        int fd;
        Digest *digest;
        GByteArray *table;
        uint64_t bytes; /* of the file */
        GMutex lock;    /* of the fields below and of all above that grow */
        GCond written;
        Finished pending[PENDING_MAX]; /* window w waits at w % PENDING_MAX */
        size_t next;                   /* the window whose turn it is */
        GPtrArray *benches;            /* Bench: the unused benches */
        bool failed;
} DeltaJob;

void delta_result_clear(DeltaResult *result)
{
        g_clear_pointer(&result->delta.name, g_free);
        g_clear_pointer(&result->delta.table, g_bytes_unref);
}

static void finished_clear(Finished *finished)
{
        g_clear_pointer(&finished->frame, g_free);
        g_clear_pointer(&finished->content, g_array_unref);
        g_clear_pointer(&finished->prefix, g_array_unref);
}

static Bench *bench_new(DeltaEffort effort)
{
        Bench *bench = g_new(Bench, 1);
        bench->encoder = delta_encoder_new(effort);
        bench->content = g_malloc(DELTA_CONTENT_MAX_BYTES);
        bench->prefix = g_malloc(DELTA_PREFIX_MAX_BYTES);
        bench->frame = g_malloc(frame_max_bytes(DELTA_CONTENT_MAX_BYTES));
        return bench;
}

static void bench_free(void *data)
{
        Bench *bench = data;
        delta_encoder_free(bench->encoder);
        g_free(bench->content);
        g_free(bench->prefix);
        g_free(bench->frame);
        g_free(bench);
}

static Bench *take_bench(DeltaJob *m)
{
        g_mutex_lock(&m->lock);
        Bench *bench = m->benches->len ? g_ptr_array_steal_index_fast(m->benches, 0) : NULL;
        g_mutex_unlock(&m->lock);
        return bench ? bench : bench_new(m->request->effort);
}

static void give_bench(DeltaJob *m, Bench *bench)
{
        g_mutex_lock(&m->lock);
        g_ptr_array_add(m->benches, bench);
        g_mutex_unlock(&m->lock);
}

static void delta_job_clear(DeltaJob *m)
{
        for (size_t i = 0; i < PENDING_MAX; i++)
                finished_clear(&m->pending[i]);
        g_clear_pointer(&m->gone, g_array_unref);
        g_clear_pointer(&m->came, g_array_unref);
        g_clear_pointer(&m->windows, g_array_unref);
        g_clear_pointer(&m->table, g_byte_array_unref);
        g_clear_pointer(&m->benches, g_ptr_array_unref);
        similarity_free(m->similarity);
        digest_free(m->digest);
        if (m->fd >= 0)
                close(m->fd);
        g_mutex_clear(&m->lock);
        g_cond_clear(&m->written);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DeltaJob, delta_job_clear)

/* --- the content and the prefix of each window --- */

static uint64_t sum_lengths(DeltaBlobs blobs, const GArray *refs)
{
        uint64_t bytes = 0;
        for (guint i = 0; i < refs->len; i++)
                bytes += chunkset_length(blobs, g_array_index(refs, ChunkRef, i));
        return bytes;
}

/* Cut the new chunks into windows, each as full as allowed. */
static GArray *cut_windows(DeltaBlobs blobs, const GArray *came)
{
        GArray *windows = g_array_new(false, false, sizeof(guint));
        uint64_t bytes = DELTA_CONTENT_MAX_BYTES;
        for (guint i = 0; i < came->len; i++) {
                uint32_t length = chunkset_length(blobs, g_array_index(came, ChunkRef, i));
                if (bytes + length > DELTA_CONTENT_MAX_BYTES) {
                        g_array_append_val(windows, i);
                        bytes = 0;
                }
                bytes += length;
        }
        g_array_append_val(windows, came->len);
        return windows;
}

static bool remember_gone(void *user, size_t first, size_t count, GError **error)
{
        DeltaJob *m = user;
        DeltaBlobs sources = m->request->sources;
        g_autofree uint8_t *content = g_malloc(CHUNK_DATA_MAX_BYTES);
        for (size_t i = first; i < first + count; i++) {
                ChunkRef ref = g_array_index(m->gone, ChunkRef, i);
                uint32_t length = chunkset_length(sources, ref);
                if (!pack_reader_read(m->request->packs, chunkset_id(sources, ref), length, content, error))
                        return false;
                similarity_add(m->similarity, (uint32_t)i, content, length);
        }
        return true;
}

/* A gone chunk that shares features with a window. */
typedef struct {
        uint32_t number; /* in gone */
        uint32_t bytes;
        uint64_t features;
} Candidate;

static int by_number(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
        return x < y ? -1 : x > y;
}

/* Most features per byte first. */
static int by_density(const void *a, const void *b)
{
        const Candidate *p = a, *q = b;
        uint64_t x = p->features * q->bytes, y = q->features * p->bytes;
        if (x != y)
                return x > y ? -1 : 1;
        return by_number(&p->number, &q->number);
}

/* `matches`: numbers of gone chunks, one for each shared feature. Returns: owned array of Candidate. */
static GArray *count_matches(const DeltaJob *m, GArray *matches)
{
        GArray *candidates = g_array_new(false, false, sizeof(Candidate));
        qsort(matches->data, matches->len, sizeof(uint32_t), by_number);
        for (guint i = 0; i < matches->len; i++) {
                uint32_t number = g_array_index(matches, uint32_t, i);
                Candidate *last =
                        candidates->len ? &g_array_index(candidates, Candidate, candidates->len - 1) : NULL;
                if (last && last->number == number) {
                        last->features++;
                        continue;
                }
                ChunkRef ref = g_array_index(m->gone, ChunkRef, number);
                Candidate candidate = {number, chunkset_length(m->request->sources, ref), 1};
                g_array_append_val(candidates, candidate);
        }
        return candidates;
}

/* Choose the gone chunks that help the window most, as many as the prefix holds, in their order in the source.
 * Returns: owned array of ChunkRef. */
static GArray *choose_prefix(const DeltaJob *m, GArray *matches)
{
        g_autoptr(GArray) candidates = count_matches(m, matches);
        qsort(candidates->data, candidates->len, sizeof(Candidate), by_density);
        guint kept = 0;
        uint64_t bytes = 0;
        for (guint i = 0; i < candidates->len; i++) {
                Candidate candidate = g_array_index(candidates, Candidate, i);
                if (bytes + candidate.bytes > DELTA_PREFIX_MAX_BYTES)
                        continue;
                bytes += candidate.bytes;
                g_array_index(candidates, Candidate, kept++) = candidate;
        }
        qsort(candidates->data, kept, sizeof(Candidate), by_number);
        GArray *refs = g_array_new(false, false, sizeof(ChunkRef));
        for (guint i = 0; i < kept; i++)
                g_array_append_val(refs, g_array_index(m->gone, ChunkRef,
                                                       g_array_index(candidates, Candidate, i).number));
        return refs;
}

/* Returns: owned array of DeltaRun. */
static GArray *make_runs(const ChunkRef *refs, size_t count)
{
        GArray *runs = g_array_new(false, false, sizeof(DeltaRun));
        for (size_t i = 0; i < count; i++) {
                DeltaRun *last = runs->len ? &g_array_index(runs, DeltaRun, runs->len - 1) : NULL;
                if (last && last->blob == refs[i].blob && last->first + last->count == refs[i].chunk) {
                        last->count++;
                        continue;
                }
                DeltaRun run = {refs[i].blob, refs[i].chunk, 1};
                g_array_append_val(runs, run);
        }
        return runs;
}

/* --- making windows, and writing them in their order --- */

/* Read the chunks, one after the other, to `out`. */
static bool read_chunks(const DeltaJob *m, DeltaBlobs blobs, const ChunkRef *refs, size_t count, uint8_t *out,
                        size_t *bytes, GError **error)
{
        *bytes = 0;
        for (size_t i = 0; i < count; i++) {
                uint32_t length = chunkset_length(blobs, refs[i]);
                if (!pack_reader_read(m->request->packs, chunkset_id(blobs, refs[i]), length, out + *bytes,
                                      error))
                        return false;
                *bytes += length;
        }
        return true;
}

static bool make_window(const DeltaJob *m, Bench *bench, size_t number, Finished *finished, GError **error)
{
        const DeltaRequest *request = m->request;
        guint first = g_array_index(m->windows, guint, number);
        guint count = g_array_index(m->windows, guint, number + 1) - first;
        const ChunkRef *refs = &g_array_index(m->came, ChunkRef, first);
        size_t content_bytes = 0, prefix_bytes = 0;
        if (!read_chunks(m, request->targets, refs, count, bench->content, &content_bytes, error))
                return false;
        g_autoptr(GArray) matches = g_array_new(false, false, sizeof(uint32_t));
        similarity_match(m->similarity, bench->content, content_bytes, matches);
        g_autoptr(GArray) chosen = choose_prefix(m, matches);
        const ChunkRef *prefix_refs = (const ChunkRef *)chosen->data;
        if (!read_chunks(m, request->sources, prefix_refs, chosen->len, bench->prefix, &prefix_bytes, error))
                return false;
        finished->frame_bytes = delta_encode(bench->encoder, bench->content, content_bytes, bench->prefix,
                                             prefix_bytes, bench->frame);
        finished->frame = g_memdup2(bench->frame, finished->frame_bytes);
        finished->content = make_runs(refs, count);
        finished->prefix = make_runs(prefix_refs, chosen->len);
        progress_add(request->progress, "delta", content_bytes);
        return true;
}

static bool write_window(DeltaJob *m, const Finished *finished, GError **error)
{
        if (!fd_write_exactly(m->fd, finished->frame, finished->frame_bytes, m->bytes, m->request->path,
                              error))
                return false;
        digest_update(m->digest, finished->frame, finished->frame_bytes);
        delta_put_window(m->table, (uint32_t)finished->frame_bytes, finished->content, finished->prefix);
        m->bytes += finished->frame_bytes;
        return true;
}

/* Write every finished window whose turn has come. Needs the lock. */
static bool write_pending(DeltaJob *m, GError **error)
{
        for (Finished *turn = &m->pending[m->next % PENDING_MAX]; turn->frame;
             turn = &m->pending[m->next % PENDING_MAX]) {
                bool good = write_window(m, turn, error);
                finished_clear(turn);
                if (!good)
                        return false;
                m->next++;
                g_cond_broadcast(&m->written);
        }
        return true;
}

/* Wait until window `number` is less than PENDING_MAX windows ahead: a window further ahead would only hold
 * memory. */
static bool wait_for_room(DeltaJob *m, size_t number)
{
        g_mutex_lock(&m->lock);
        while (number >= m->next + PENDING_MAX && !m->failed)
                g_cond_wait(&m->written, &m->lock);
        bool failed = m->failed;
        g_mutex_unlock(&m->lock);
        return !failed;
}

static bool make_windows(void *user, size_t number, size_t count, GError **error)
{
        (void)count; /* one at a time */
        DeltaJob *m = user;
        Finished finished = {0};
        Bench *bench = take_bench(m);
        bool good = wait_for_room(m, number) && make_window(m, bench, number, &finished, error);
        give_bench(m, bench);
        g_mutex_lock(&m->lock);
        if (good) {
                m->pending[number % PENDING_MAX] = finished;
                good = write_pending(m, error);
        }
        if (!good) {
                m->failed = true;
                g_cond_broadcast(&m->written);
        }
        g_mutex_unlock(&m->lock);
        return good ||
               (error && !*error); /* the thread that failed has set the error; the others just stop */
}

static bool make_file(DeltaJob *m, GError **error)
{
        const DeltaRequest *request = m->request;
        m->fd = open(request->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (m->fd < 0)
                return fail_errno(error, "cannot create '%s'", request->path);
        m->similarity = similarity_new(sum_lengths(request->sources, m->gone));
        m->windows = cut_windows(request->targets, m->came);
        if (!workers_run(m->gone->len, SIMILARITY_STRETCH, remember_gone, m, error) ||
            !workers_run_few(THREADS_MAX, m->windows->len - 1, 1, make_windows, m, error))
                return false;
        return fsync(m->fd) == 0 || fail_errno(error, "cannot sync '%s'", request->path);
}

/* --- the whole delta --- */

static void describe(DeltaJob *m, DeltaResult *result)
{
        LocatorDelta *delta = &result->delta;
        uint8_t digest[DIGEST_BYTES];
        digest_finish(m->digest, digest);
        delta->name = digest_to_hex(digest);
        delta->bytes = m->bytes;
        delta->table = g_byte_array_free_to_bytes(g_steal_pointer(&m->table));
        delta->source_count = m->request->sources.count;
        for (size_t i = 0; i < delta->source_count; i++)
                index_digest(m->request->sources.indexes[i], delta->sources[i]);
}

static uint64_t sum_frames(const DeltaJob *m)
{
        uint64_t bytes = 0;
        for (guint i = 0; i < m->came->len; i++) {
                ChunkPlace place = {0};
                ChunkRef ref = g_array_index(m->came, ChunkRef, i);
                if (pack_reader_find(m->request->packs, chunkset_id(m->request->targets, ref), &place))
                        bytes += place.size;
        }
        return bytes;
}

bool deltamake_run(const DeltaRequest *request, DeltaResult *result, GError **error)
{
        *result = (DeltaResult){0};
        g_auto(DeltaJob) m = {.request = request,
                              .fd = -1,
                              .digest = digest_new(),
                              .table = g_byte_array_new(),
                              .benches = g_ptr_array_new_with_free_func(bench_free)};
        g_mutex_init(&m.lock);
        g_cond_init(&m.written);
        g_auto(ChunkSet) source = {0}, target = {0};
        chunkset_init(&source, request->sources);
        chunkset_init(&target, request->targets);
        m.gone = chunkset_difference(&source, &target);
        m.came = chunkset_difference(&target, &source);
        if (m.came->len == 0)
                return true;
        result->content_bytes = sum_lengths(request->targets, m.came);
        result->packed_bytes = sum_frames(&m);
        progress_begin(request->progress, "making a delta", result->content_bytes);
        if (!make_file(&m, error))
                return false;
        progress_end(request->progress);
        describe(&m, result);
        return true;
}
