/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of gc.h that copies frames out of packs to remove. Each frame is checked on the way, so that
 * damage is found while the old pack is still present. */
#include "errors.h"
#include "frame.h"
#include "gc_private.h"
#include "packreader.h"
#include "repository_catalog.h"
#include "workers.h"

#define DAMAGED "nothing was changed, since 'packs/%s.pack' is damaged at %u: "

enum { BATCH_BYTES = 8 << 20, STRETCH = 8 };

typedef struct {
        const ChunkId *id; /* of an index that stays open until the batch is done */
        const char *pack;  /* its name; borrowed from a catalog */
        uint32_t offset, size, length;
        size_t at; /* in the batch's bytes */
        bool is_checked_only;
} Frame;

struct GcCopy {
        const GcPlan *plan;
        Catalog *from;       /* of packs to remove */
        Catalog *to;         /* of packs that stay, and of new packs */
        uint32_t stay_count; /* number of packs of `to` that stay */
        PackWriter *writer;
        Progress *progress;
        PackReader *from_packs, *to_packs;
        GArray *frames; /* Frame: the batch */
        GByteArray *bytes;
};

GcCopy *gc_copy_new(const GcPlan *plan, const char *work, Progress *progress, GError **error)
{
        g_autofree char *packs = repository_packs(plan->repository);
        g_autoptr(GcCopy) copy = g_new0(GcCopy, 1);
        copy->plan = plan;
        copy->progress = progress;
        copy->frames = g_array_new(false, false, sizeof(Frame));
        copy->bytes = g_byte_array_new();
        copy->from = catalog_new();
        copy->to = catalog_new();
        copy->from_packs = pack_reader_new(copy->from, packs);
        copy->to_packs = pack_reader_new(copy->to, packs);
        if (!repository_catalog_extend(plan->repository, copy->from, plan->gone, true, error) ||
            !repository_catalog_extend(plan->repository, copy->to, plan->gone, false, error))
                return NULL;
        copy->stay_count = catalog_pack_count(copy->to);
        copy->writer = pack_writer_new(work, copy->to);
        return g_steal_pointer(&copy);
}

void gc_copy_free(GcCopy *copy)
{
        if (!copy)
                return;
        pack_writer_free(copy->writer);
        pack_reader_free(copy->from_packs);
        pack_reader_free(copy->to_packs);
        catalog_free(copy->from);
        catalog_free(copy->to);
        g_array_unref(copy->frames);
        g_byte_array_unref(copy->bytes);
        g_free(copy);
}

Catalog *gc_copy_catalog(GcCopy *copy)
{
        return copy->to;
}

const GPtrArray *gc_copy_finish(GcCopy *copy, GError **error)
{
        return pack_writer_finish(copy->writer, error);
}

static bool check_frames(void *user, size_t first, size_t count, GError **error)
{
        const GcCopy *copy = user;
        g_autofree uint8_t *content = g_malloc(CHUNK_DATA_MAX_BYTES);
        for (size_t i = first; i < first + count; i++) {
                const Frame *frame = &g_array_index(copy->frames, Frame, i);
                if (!frame_open(copy->bytes->data + frame->at, frame->size, frame->id, content, frame->length,
                                error)) {
                        g_prefix_error(error, DAMAGED, frame->pack, frame->offset);
                        return false;
                }
        }
        return true;
}

/* Write the batch. Of two equal chunks in one batch only the first is written. */
static bool write_frames(GcCopy *copy, GError **error)
{
        for (guint i = 0; i < copy->frames->len; i++) {
                const Frame *frame = &g_array_index(copy->frames, Frame, i);
                if (frame->is_checked_only || catalog_number(copy->to, frame->id) != CATALOG_NONE)
                        continue;
                if (!pack_writer_add(copy->writer, frame->id, copy->bytes->data + frame->at, frame->size,
                                     error))
                        return false;
                progress_add(copy->progress, "copied", frame->size);
        }
        return true;
}

static bool flush(GcCopy *copy, GError **error)
{
        if (!workers_run(copy->frames->len, STRETCH, check_frames, copy, error) || !write_frames(copy, error))
                return false;
        g_array_set_size(copy->frames, 0);
        g_byte_array_set_size(copy->bytes, 0);
        return true;
}

static bool read_frame(GcCopy *copy, bool from_old, uint32_t number, Frame frame, GError **error)
{
        const Catalog *catalog = from_old ? copy->from : copy->to;
        PackReader *packs = from_old ? copy->from_packs : copy->to_packs;
        ChunkPlace place = catalog_place(catalog, number);
        frame.pack = catalog_pack_name(catalog, place.pack);
        frame.offset = place.offset;
        frame.size = place.size;
        frame.at = copy->bytes->len;
        g_byte_array_set_size(copy->bytes, copy->bytes->len + frame.size);
        g_autoptr(GError) why = NULL;
        if (!pack_reader_frame(packs, place, copy->bytes->data + frame.at, &why)) {
                if (error_is(why, LAUTTA_ERROR_CORRUPT))
                        g_prefix_error(&why, DAMAGED, frame.pack, frame.offset);
                g_propagate_error(error, g_steal_pointer(&why));
                return false;
        }
        g_array_append_val(copy->frames, frame);
        return copy->bytes->len < BATCH_BYTES || flush(copy, error);
}

/* Add a chunk to the batch. A chunk that a remaining pack also has is not copied, but that other frame is
 * checked before this frame is removed. */
static bool copy_chunk(GcCopy *copy, const Index *index, size_t i, GError **error)
{
        const ChunkId *id = index_id(index, i);
        uint32_t from = catalog_number(copy->from, id), to = catalog_number(copy->to, id);
        Frame frame = {.id = id, .length = index_length(index, i)};
        if (from == CATALOG_NONE)
                return true;
        if (to == CATALOG_NONE)
                return read_frame(copy, true, from, frame, error);
        if (catalog_place(copy->to, to).pack >= copy->stay_count)
                return true;
        frame.is_checked_only = true;
        return read_frame(copy, false, to, frame, error);
}

bool gc_copy_version(GcCopy *copy, const Version *version, GError **error)
{
        for (size_t b = 0; b < version->blob_count; b++)
                for (size_t i = 0; i < index_count(version->blobs[b]); i++)
                        if (!index_is_zero(version->blobs[b], i) &&
                            !copy_chunk(copy, version->blobs[b], i, error))
                                return false;
        return flush(copy, error);
}
