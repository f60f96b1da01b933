/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packreader.h"

#include <fcntl.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "frame.h"

struct PackReader {
        Catalog *catalog;
        char *packs;
        GMutex lock;       /* of files */
        GHashTable *files; /* pack number -> PackPlace */
};

/* Where a pack lies; its descriptor is -1 until the first read. */
typedef struct {
        char *path;
        int fd;
} PackPlace;

static void place_free(void *data)
{
        PackPlace *place = data;
        if (place->fd >= 0)
                close(place->fd);
        g_free(place->path);
        g_free(place);
}

PackReader *pack_reader_new(Catalog *catalog, const char *packs)
{
        PackReader *reader = g_new0(PackReader, 1);
        reader->catalog = catalog;
        reader->packs = g_strdup(packs);
        reader->files = g_hash_table_new_full(NULL, NULL, NULL, place_free);
        g_mutex_init(&reader->lock);
        return reader;
}

void pack_reader_free(PackReader *reader)
{
        if (!reader)
                return;
        g_hash_table_unref(reader->files);
        g_mutex_clear(&reader->lock);
        g_free(reader->packs);
        g_free(reader);
}

static PackPlace *add_place(PackReader *reader, uint32_t pack, char *path)
{
        PackPlace *place = g_new(PackPlace, 1);
        *place = (PackPlace){path, -1};
        g_hash_table_insert(reader->files, GUINT_TO_POINTER(pack), place);
        return place;
}

void pack_reader_set_path(PackReader *reader, uint32_t pack, const char *path)
{
        add_place(reader, pack, g_strdup(path));
}

/* Needs the lock. Returns: borrowed place with an open file, or NULL. */
static const PackPlace *open_place(PackReader *reader, uint32_t pack, GError **error)
{
        PackPlace *place = g_hash_table_lookup(reader->files, GUINT_TO_POINTER(pack));
        if (!place)
                place = add_place(reader, pack,
                                  g_strdup_printf("%s/%s.pack", reader->packs,
                                                  catalog_pack_name(reader->catalog, pack)));
        if (place->fd < 0 && (place->fd = open(place->path, O_RDONLY | O_CLOEXEC)) < 0) {
                fail_errno(error, "cannot open '%s'", place->path);
                return NULL;
        }
        return place;
}

bool pack_reader_find(PackReader *reader, const ChunkId *id, ChunkPlace *place)
{
        return catalog_find(reader->catalog, id, place);
}

bool pack_reader_read(PackReader *reader, const ChunkId *id, uint32_t length, uint8_t *content,
                      GError **error)
{
        ChunkPlace at;
        if (!catalog_find(reader->catalog, id, &at))
                return fail(error, LAUTTA_ERROR_CORRUPT, "a chunk is in no pack");
        g_mutex_lock(&reader->lock);
        const PackPlace *place = open_place(reader, at.pack, error);
        g_mutex_unlock(&reader->lock);
        if (!place)
                return false;
        if (at.size > frame_max_bytes(length))
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' at %u: the frame is too large", place->path,
                            at.offset);
        g_autofree uint8_t *frame = g_malloc(at.size);
        g_autoptr(GError) failure = NULL;
        if (!fd_read_exactly(place->fd, frame, at.size, at.offset, place->path, &failure)) {
                if (error_is(failure,
                             LAUTTA_ERROR_CONFLICT)) /* a pack does not shrink, unless it is damaged */
                        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' ends before %u", place->path,
                                    at.offset + at.size);
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        if (frame_open(frame, at.size, id, content, length, error))
                return true;
        g_prefix_error(error, "'%s' at %u: ", place->path, at.offset);
        return false;
}
