/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What content tests share: a scratch directory, deterministic bytes, and a depot of packs without the apt
 * part. */
#pragma once

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "delta.h"
#include "files.h"
#include "frame.h"
#include "ingest.h"
#include "locator.h"

/* Returns: owned `size` bytes that depend on `seed` alone and compress somewhat. */
static inline uint8_t *scratch_bytes(uint32_t seed, size_t size)
{
        uint8_t *bytes = g_malloc(size + 1);
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(g_rand_int(random) & 0x3f);
        return bytes;
}

static inline void scratch_write(const char *path, const uint8_t *bytes, size_t size)
{
        g_autoptr(GError) error = NULL;
        g_file_set_contents(path, (const char *)bytes, (gssize)size, &error);
        g_assert_no_error(error);
}

static inline char *scratch_sha256(const char *path)
{
        g_autofree char *bytes = NULL;
        gsize size = 0;
        g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
        return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, size);
}

/* The tree that scratch_publish() makes, for readers. */
static inline char *scratch_pack_path(const char *name)
{
        return g_strconcat("packs/", name, ".pack", NULL);
}

static inline char *scratch_delta_path(const char *name)
{
        return g_strconcat("deltas/", name, ".delta", NULL);
}

/* Ingest `image` into DEPOT/packs, as a publication would; its index goes to `index_path`. */
static inline IngestStats scratch_publish(const char *depot, const char *image, const char *index_path,
                                          Locator **locator)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *packs = g_build_filename(depot, "packs", NULL);
        g_autofree char *lists = g_build_filename(depot, "lists", NULL);
        g_autofree char *work = g_build_filename(depot, "work", NULL);
        g_assert_true(directory_make(packs, 0755, NULL) && directory_make(lists, 0755, NULL) &&
                      directory_make(work, 0755, NULL));
        g_autoptr(Catalog) catalog = catalog_load(&(CatalogSource){.packs = packs, .lists = lists}, &error);
        g_assert_no_error(error);
        g_autoptr(PackWriter) writer = pack_writer_new(work, catalog);
        IngestStats stats = {0};
        ingest_blob(image, catalog, writer, index_path, &stats, NULL, &error);
        g_assert_no_error(error);
        const GPtrArray *files = pack_writer_finish(writer, &error);
        g_assert_no_error(error);
        for (guint i = 0; i < files->len; i++) {
                const PackFile *file = g_ptr_array_index(files, i);
                g_autofree char *pack = g_strdup_printf("%s/%s.pack", packs, file->name);
                g_autofree char *list = g_strdup_printf("%s/%s.chunks", lists, file->name);
                g_assert_cmpint(g_rename(file->path, pack), ==, 0);
                g_assert_cmpint(g_rename(file->list_path, list), ==, 0);
        }
        if (locator) {
                g_autoptr(Index) index = index_load(index_path, &error);
                g_assert_no_error(error);
                *locator = locator_new();
                locator_add_blob(*locator, index, catalog, &error);
                g_assert_no_error(error);
        }
        return stats;
}

/* Returns: owned frame of a window. */
static inline uint8_t *scratch_window(const uint8_t *content, size_t content_bytes, const uint8_t *prefix,
                                      size_t prefix_bytes, size_t *frame_bytes)
{
        DeltaEncoder *encoder = delta_encoder_new(DELTA_FAST);
        uint8_t *frame = g_malloc(frame_max_bytes(content_bytes));
        *frame_bytes = delta_encode(encoder, content, content_bytes, prefix, prefix_bytes, frame);
        delta_encoder_free(encoder);
        return frame;
}
