/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "export.h"

#include <unistd.h>

#include "castr.h"
#include "errors.h"
#include "files.h"
#include "frame.h"
#include "framefetch.h"
#include "layout.h"
#include "version.h"

/* Space for a file: it takes whole blocks, and its name takes some bytes. */
enum { FILE_BYTES = 4096 + 128, SPARE_BYTES = 1 << 20 };

typedef struct {
        const ExportRequest *request;
        Remote *remote;
        Version version;
        Castr *castr;
        GArray *wanted; /* FrameWanted */
        GMutex lock;
        GError *first_bad;
        size_t bad_count;
} Export;

static void export_clear(Export *export)
{
        version_clear(&export->version);
        castr_free(export->castr);
        g_array_unref(export->wanted);
        g_mutex_clear(&export->lock);
        g_clear_error(&export->first_bad);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Export, export_clear)

/* Compress a zero chunk, since no pack has one. */
static bool put_zeros(Export *export, const ChunkId *id, uint32_t length, GError **error)
{
        if (castr_has(export->castr, id))
                return true;
        g_autofree uint8_t *zeros = g_malloc0(length);
        g_autofree uint8_t *frame = g_malloc(frame_max_bytes(length));
        size_t size = frame_compress(zeros, length, frame);
        return castr_put(export->castr, id, frame, (uint32_t)size, error);
}

/* Put the zero chunks of the version. Their lengths are powers of two, so there are few different ones. */
static bool put_zero_chunks(Export *export, GError **error)
{
        uint32_t done = 0;
        for (size_t b = 0; b < export->version.blob_count; b++) {
                const Index *index = export->version.blobs[b];
                for (size_t i = 0; i < index_count(index); i++) {
                        uint32_t length = index_length(index, i);
                        if ((done & length) || !index_is_zero(index, i))
                                continue;
                        if (!put_zeros(export, index_id(index, i), length, error))
                                return false;
                        done |= length;
                }
        }
        return true;
}

static bool want_blob(Export *export, const Index *index, GError **error)
{
        size_t count = 0, next = 0;
        const ChunkPlace *places = locator_places(export->version.locator, index, &count);
        for (size_t i = 0; i < index_count(index); i++) {
                if (index_is_zero(index, i))
                        continue;
                if (!places || next == count)
                        return fail(error, LAUTTA_ERROR_CORRUPT, "the locator does not fit the indexes");
                FrameWanted frame = {index_id(index, i), places[next++], index_length(index, i), 0};
                if (!castr_has(export->castr, frame.id))
                        g_array_append_val(export->wanted, frame);
        }
        return true;
}

static bool take_frame(void *user, const FrameWanted *wanted, const uint8_t *frame, GError **error)
{
        Export *export = user;
        progress_add(export->request->progress, "depot", wanted->place.size);
        return castr_put(export->castr, wanted->id, frame, wanted->place.size, error);
}

static void miss_frame(void *user, const FrameWanted *wanted, const GError *why)
{
        (void)wanted;
        Export *export = user;
        g_mutex_lock(&export->lock);
        export->bad_count++;
        if (!export->first_bad)
                export->first_bad = g_error_copy(why);
        g_mutex_unlock(&export->lock);
}

static uint64_t sum_wanted(const Export *export)
{
        uint64_t bytes = 0;
        for (guint i = 0; i < export->wanted->len; i++)
                bytes += g_array_index(export->wanted, FrameWanted, i).place.size;
        return bytes;
}

static bool check_space(const Export *export, GError **error)
{
        uint64_t needed = sum_wanted(export) + (uint64_t) export->wanted->len * FILE_BYTES + SPARE_BYTES;
        return disk_check_free(export->request->directory, export->request->directory, needed, error);
}

static bool fetch_frames(Export *export, GError **error)
{
        const Locator *locator = export->version.locator;
        g_autofree FramePack *packs = framefetch_packs(locator);
        FrameFetch fetch = {.packs = packs,
                            .pack_count = locator_pack_count(locator),
                            .pack_path = layout_pack_path,
                            .frame = take_frame,
                            .bad = miss_frame,
                            .user = export};
        if (!framefetch_run(&fetch, export->remote, (FrameWanted *)export->wanted->data, export->wanted->len,
                            error))
                return false;
        if (!export->first_bad)
                return true;
        g_propagate_error(error, g_steal_pointer(&export->first_bad));
        g_prefix_error(error, "%zu chunks could not be fetched; the first: ", export->bad_count);
        return false;
}

static bool fill_store(Export *export, GError **error)
{
        g_autofree char *path = g_build_filename(export->request->directory, "default.castr", NULL);
        export->castr = castr_open(path, error);
        if (!export->castr)
                return false;
        for (size_t b = 0; b < export->version.blob_count; b++)
                if (!want_blob(export, export->version.blobs[b], error))
                        return false;
        if (!check_space(export, error))
                return false;
        progress_begin(export->request->progress, "exporting", sum_wanted(export));
        if (!put_zero_chunks(export, error) || !fetch_frames(export, error))
                return false;
        progress_end(export->request->progress);
        return castr_commit(export->castr, error);
}

/* Write the indexes, the image's last. Remove an old index of a blob that this version does not have. */
static bool write_indexes(const Export *export, GError **error)
{
        g_autofree char *image = g_build_filename(export->request->directory, export->request->service, NULL);
        static const Blob order[] = {BLOB_KERNEL, BLOB_INITRD, BLOB_IMAGE};
        for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
                const Index *index = export->version.indexes[order[i]];
                g_autofree char *blob = blob_path(order[i], image);
                g_autofree char *path = g_strconcat(blob, ".caibx", NULL);
                size_t size = 0;
                const void *data = index ? g_bytes_get_data(index_bytes(index), &size) : NULL;
                if (!index)
                        unlink(path);
                else if (!file_write_atomically(path, data, size, 0644, error))
                        return false;
        }
        return true;
}

static bool export_once(Remote *remote, const DepotOptions *options, const ExportRequest *request,
                        ExportResult *result, GError **error)
{
        *result = (ExportResult){0};
        g_auto(Export) export = {.request = request,
                                 .remote = remote,
                                 .wanted = g_array_new(false, false, sizeof(FrameWanted))};
        g_mutex_init(&export.lock);
        g_autoptr(Depot) depot = depot_open(remote, options, error);
        const PackageEntry *entry =
                depot ? depot_find(depot, request->service, request->version, request->architecture, error)
                      : NULL;
        if (!entry)
                return false;
        g_strlcpy(result->version, entry->version, sizeof result->version);
        g_strlcpy(result->architecture, entry->architecture, sizeof result->architecture);
        if (!version_load(remote, entry, &export.version, error) ||
            !version_load_locator(remote, &export.version, error) || !fill_store(&export, error))
                return false;
        for (size_t b = 0; b < export.version.blob_count; b++)
                result->chunks += index_count(export.version.blobs[b]);
        castr_stats(export.castr, &result->added_chunks, &result->added_bytes);
        return write_indexes(&export, error);
}

bool export_service(Remote *remote, const DepotOptions *options, const ExportRequest *request,
                    ExportResult *result, GError **error)
{
        g_autoptr(GError) first = NULL;
        if (export_once(remote, options, request, result, &first))
                return true;
        /* As in a fetch: a depot that changes while it is read is read once more. */
        if (!error_is(first, LAUTTA_ERROR_NOT_FOUND) || !result->version[0]) {
                g_propagate_error(error, g_steal_pointer(&first));
                return false;
        }
        return export_once(remote, options, request, result, error);
}
