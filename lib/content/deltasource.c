/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deltasource.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "errors.h"
#include "files.h"
#include "workers.h"

enum { CHECK_STRETCH = 16 };

/* The state of a chunk of a source. */
enum { UNKNOWN, ASKED, GOOD, BAD };

typedef struct {
        const DeltaSeed *seed;
        AutoFd fd;
        uint8_t *known; /* one for each chunk */
} Source;

struct DeltaSource {
        const LocatorDelta *delta;
        DeltaTable *table;
        Source sources[LOCATOR_MAX_BLOBS];
        const Index *indexes[LOCATOR_MAX_BLOBS];
        bool *is_spoilt; /* one for each window */
};

static const DeltaSeed *find_seed(const uint8_t *digest, const DeltaSeed *seeds, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (memcmp(seeds[i].digest, digest, DIGEST_BYTES) == 0)
                        return &seeds[i];
        return NULL;
}

bool deltasource_fits(const LocatorDelta *delta, const DeltaSeed *seeds, size_t count)
{
        for (size_t i = 0; i < delta->source_count; i++)
                if (!find_seed(delta->sources[i], seeds, count))
                        return false;
        return true;
}

static bool open_sources(DeltaSource *source, const DeltaSeed *seeds, size_t count, GError **error)
{
        for (size_t i = 0; i < source->delta->source_count; i++) {
                const DeltaSeed *seed = find_seed(source->delta->sources[i], seeds, count);
                if (!seed)
                        return fail(error, LAUTTA_ERROR_NOT_FOUND, "source %zu is not among the seeds", i);
                source->sources[i].seed = seed;
                source->sources[i].fd = open(seed->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
                if (source->sources[i].fd < 0)
                        return fail_errno(error, "cannot open seed '%s'", seed->path);
                source->sources[i].known = g_malloc0(index_count(seed->index) + 1);
                source->indexes[i] = seed->index;
        }
        return true;
}

DeltaSource *deltasource_open(const LocatorDelta *delta, const DeltaSeed *seeds, size_t count,
                              DeltaBlobs targets, GError **error)
{
        g_autoptr(DeltaSource) source = g_new0(DeltaSource, 1);
        source->delta = delta;
        for (size_t i = 0; i < LOCATOR_MAX_BLOBS; i++)
                source->sources[i].fd = -1;
        if (!open_sources(source, seeds, count, error))
                return NULL;
        DeltaBlobs sources = {source->indexes, delta->source_count};
        source->table = delta_table_parse(delta->table, delta->bytes, sources, targets, delta->name, error);
        if (!source->table)
                return NULL;
        source->is_spoilt = g_new0(bool, delta_table_count(source->table) + 1);
        return g_steal_pointer(&source);
}

void deltasource_free(DeltaSource *source)
{
        if (!source)
                return;
        for (size_t i = 0; i < LOCATOR_MAX_BLOBS; i++) {
                fd_close_auto(&source->sources[i].fd);
                g_free(source->sources[i].known);
        }
        delta_table_free(source->table);
        g_free(source->is_spoilt);
        g_free(source);
}

const LocatorDelta *deltasource_delta(const DeltaSource *source)
{
        return source->delta;
}

const DeltaTable *deltasource_table(const DeltaSource *source)
{
        return source->table;
}

bool deltasource_is_usable(const DeltaSource *source, uint32_t window)
{
        return !source->is_spoilt[window];
}

/* --- checking --- */

/* A chunk of a source. */
typedef struct {
        uint32_t blob, chunk;
} Place;

typedef struct {
        DeltaSource *source;
        GArray *places;
} Check;

static GArray *prefix_of(const DeltaSource *source, uint32_t window)
{
        g_autoptr(GArray) content = g_array_new(false, false, sizeof(DeltaRun));
        GArray *prefix = g_array_new(false, false, sizeof(DeltaRun));
        delta_table_runs(source->table, window, content, prefix);
        return prefix;
}

static bool check_places(void *user, size_t first, size_t count, GError **error)
{
        const Check *check = user;
        uint8_t content[CHUNK_DATA_MAX_BYTES];
        for (size_t i = first; i < first + count; i++) {
                const Place *place = &g_array_index(check->places, Place, i);
                Source *source = &check->source->sources[place->blob];
                const Index *index = source->seed->index;
                uint32_t length = index_length(index, place->chunk);
                ChunkId id = {0};
                bool read = fd_read_exactly(source->fd, content, length, index_offset(index, place->chunk),
                                            source->seed->path, NULL);
                if (read)
                        digest_sha256(content, length, id.bytes);
                bool good = read && memcmp(&id, index_id(index, place->chunk), sizeof id) == 0;
                source->known[place->chunk] = good ? GOOD : BAD;
        }
        return true;
}

/* Append the UNKNOWN chunks of the window's prefix to `places`, and mark them ASKED. */
static void ask_for(DeltaSource *source, uint32_t window, GArray *places)
{
        g_autoptr(GArray) prefix = prefix_of(source, window);
        for (guint r = 0; r < prefix->len; r++) {
                const DeltaRun *run = &g_array_index(prefix, DeltaRun, r);
                uint8_t *known = source->sources[run->blob].known;
                for (uint32_t i = run->first; i < run->first + run->count; i++) {
                        Place place = {run->blob, i};
                        if (known[i] != UNKNOWN)
                                continue;
                        known[i] = ASKED;
                        g_array_append_val(places, place);
                }
        }
}

/* Returns: the path of a seed that spoils the window, or NULL. */
static const char *find_spoiler(const DeltaSource *source, uint32_t window)
{
        g_autoptr(GArray) prefix = prefix_of(source, window);
        for (guint r = 0; r < prefix->len; r++) {
                const DeltaRun *run = &g_array_index(prefix, DeltaRun, r);
                const Source *of = &source->sources[run->blob];
                if (memchr(of->known + run->first, BAD, run->count))
                        return of->seed->path;
        }
        return NULL;
}

guint deltasource_check(DeltaSource *source, const GArray *windows, GError **why)
{
        g_autoptr(GArray) places = g_array_new(false, false, sizeof(Place));
        for (guint i = 0; i < windows->len; i++)
                ask_for(source, g_array_index(windows, uint32_t, i), places);
        Check check = {source, places};
        workers_run(places->len, CHECK_STRETCH, check_places, &check, NULL);
        guint spoilt = 0;
        for (guint i = 0; i < windows->len; i++) {
                uint32_t window = g_array_index(windows, uint32_t, i);
                const char *spoiler = find_spoiler(source, window);
                if (spoiler && spoilt++ == 0)
                        fail(why, LAUTTA_ERROR_CORRUPT, "seed '%s' differs from its index", spoiler);
                source->is_spoilt[window] = spoiler != NULL;
        }
        return spoilt;
}

/* --- opening --- */

static bool read_prefix(const DeltaSource *source, uint32_t window, uint8_t *to, GError **error)
{
        g_autoptr(GArray) prefix = prefix_of(source, window);
        for (guint r = 0; r < prefix->len; r++) {
                const DeltaRun *run = &g_array_index(prefix, DeltaRun, r);
                const Source *of = &source->sources[run->blob];
                uint64_t begin = index_offset(of->seed->index, run->first);
                uint64_t end = index_offset(of->seed->index, (size_t)run->first + run->count);
                if (!fd_read_exactly(of->fd, to, end - begin, begin, of->seed->path, error))
                        return false;
                to += end - begin;
        }
        return true;
}

uint8_t *deltasource_decode(const DeltaSource *source, uint32_t number, const uint8_t *frame, GError **error)
{
        const DeltaWindow *window = delta_table_window(source->table, number);
        g_autofree uint8_t *prefix = g_malloc((size_t)window->prefix_bytes + 1);
        g_autofree uint8_t *content = g_malloc(window->content_bytes);
        if (!read_prefix(source, number, prefix, error) ||
            !delta_decode(frame, window->frame_bytes, prefix, window->prefix_bytes, content,
                          window->content_bytes, error))
                return NULL;
        return g_steal_pointer(&content);
}
