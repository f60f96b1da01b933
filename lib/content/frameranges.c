/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frameranges.h"

#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "frame.h"

enum {
        GAP_BYTES = 128 * 1024,    /* reading over this costs less than another request */
        RANGE_MIN_BYTES = 8 << 20, /* fewer bytes are not worth a request of their own */
        RANGE_MAX_BYTES = 64 << 20,
        RANGES_WISHED = 4, /* for as many parallel transfers */
};

uint64_t frameranges_place_end(const ChunkPlace *place)
{
        return (uint64_t)place->offset + place->size;
}

static int compare_places(const void *a, const void *b)
{
        const ChunkPlace *p = &((const FrameWanted *)a)->place, *q = &((const FrameWanted *)b)->place;
        if (p->pack != q->pack)
                return p->pack < q->pack ? -1 : 1;
        return p->offset < q->offset ? -1 : p->offset > q->offset;
}

static bool place_makes_sense(const FrameFetch *fetch, const FrameWanted *wanted, uint64_t taken_until)
{
        const ChunkPlace *place = &wanted->place;
        return place->pack < fetch->pack_count && place->size > 0 &&
               place->size <= frame_max_bytes(wanted->length) && place->offset >= taken_until &&
               frameranges_place_end(place) <= fetch->packs[place->pack].bytes;
}

/* Report and drop places that lie outside their pack or overlap: only a false locator has such places. */
static size_t drop_senseless(const FrameFetch *fetch, FrameWanted *wanted, size_t count)
{
        g_autoptr(GError) why =
                g_error_new(LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT, "the locator gives it an impossible place");
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
                const FrameWanted *last = kept ? &wanted[kept - 1] : NULL;
                if (last && compare_places(last, &wanted[i]) == 0 &&
                    memcmp(last->id, wanted[i].id, sizeof *last->id) == 0)
                        continue;
                bool same_pack = last && last->place.pack == wanted[i].place.pack;
                uint64_t taken_until = same_pack ? frameranges_place_end(&last->place) : 0;
                if (place_makes_sense(fetch, &wanted[i], taken_until))
                        wanted[kept++] = wanted[i];
                else
                        fetch->bad(fetch->user, &wanted[i], why);
        }
        return kept;
}

static uint64_t range_limit(const FrameWanted *wanted, size_t count)
{
        uint64_t total = 0;
        for (size_t i = 0; i < count; i++)
                total += wanted[i].place.size;
        return CLAMP(total / RANGES_WISHED + 1, RANGE_MIN_BYTES, RANGE_MAX_BYTES);
}

/* Join neighbours into ranges. `wanted` is sorted, without impossible places. */
static GArray *join_places(const FrameFetch *fetch, const FrameWanted *wanted, size_t count)
{
        GArray *ranges = g_array_new(false, false, sizeof(FrameRange));
        uint64_t limit = range_limit(wanted, count);
        for (size_t i = 0; i < count; i++) {
                const ChunkPlace *place = &wanted[i].place;
                uint64_t end = frameranges_place_end(place);
                FrameRange *last = ranges->len ? &g_array_index(ranges, FrameRange, ranges->len - 1) : NULL;
                bool joins = last && last->pack == place->pack &&
                             (fetch->whole_packs ||
                              (place->offset - last->end <= GAP_BYTES && end - last->begin <= limit));
                if (joins) {
                        last->end = MAX(last->end, end);
                        last->count++;
                        continue;
                }
                FrameRange range = {place->pack, place->offset, end, i, 1};
                if (fetch->whole_packs) {
                        range.begin = 0;
                        range.end = fetch->packs[place->pack].bytes;
                }
                g_array_append_val(ranges, range);
        }
        return ranges;
}

GArray *frameranges_make(const FrameFetch *fetch, FrameWanted *wanted, size_t *count)
{
        if (*count) /* `wanted` may be NULL if there are none */
                qsort(wanted, *count, sizeof *wanted, compare_places);
        *count = drop_senseless(fetch, wanted, *count);
        return join_places(fetch, wanted, *count);
}

RemoteRange *frameranges_remote(const FrameFetch *fetch, const GArray *ranges, GPtrArray *paths)
{
        RemoteRange *remote = g_new0(RemoteRange, ranges->len + 1);
        for (guint i = 0; i < ranges->len; i++) {
                const FrameRange *range = &g_array_index(ranges, FrameRange, i);
                char *path = fetch->pack_path(fetch->packs[range->pack].name);
                g_ptr_array_add(paths, path);
                remote[i] = (RemoteRange){path, range->begin, range->end - range->begin};
        }
        return remote;
}
