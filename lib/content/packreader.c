/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packreader.h"

#include <fcntl.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "frame.h"

/* OPEN_MAX packs stay open; any other pack is opened for each read. */
enum { OPEN_MAX = 64 };

struct PackReader {
        Catalog *catalog;
        char *packs;
        GMutex lock;       /* of fds */
        GHashTable *paths; /* pack number -> char *, for packs that lie elsewhere */
        GHashTable *fds;   /* pack number -> descriptor plus one */
};

static void close_fd(void *fd)
{
        close(GPOINTER_TO_INT(fd) - 1);
}

PackReader *pack_reader_new(Catalog *catalog, const char *packs)
{
        PackReader *reader = g_new0(PackReader, 1);
        reader->catalog = catalog;
        reader->packs = g_strdup(packs);
        reader->paths = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        reader->fds = g_hash_table_new_full(NULL, NULL, NULL, close_fd);
        g_mutex_init(&reader->lock);
        return reader;
}

void pack_reader_free(PackReader *reader)
{
        if (!reader)
                return;
        g_hash_table_unref(reader->fds);
        g_hash_table_unref(reader->paths);
        g_mutex_clear(&reader->lock);
        g_free(reader->packs);
        g_free(reader);
}

void pack_reader_set_path(PackReader *reader, uint32_t pack, const char *path)
{
        g_hash_table_insert(reader->paths, GUINT_TO_POINTER(pack), g_strdup(path));
}

static char *path_of(const PackReader *reader, uint32_t pack)
{
        const char *elsewhere = g_hash_table_lookup(reader->paths, GUINT_TO_POINTER(pack));
        return elsewhere ? g_strdup(elsewhere)
                         : g_strdup_printf("%s/%s.pack", reader->packs,
                                           catalog_pack_name(reader->catalog, pack));
}

/* Returns: a descriptor, which the caller must close if `is_own`; or -1. */
static int open_pack(PackReader *reader, uint32_t pack, const char *path, bool *is_own, GError **error)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&reader->lock);
        int fd = GPOINTER_TO_INT(g_hash_table_lookup(reader->fds, GUINT_TO_POINTER(pack))) - 1;
        *is_own = false;
        if (fd >= 0)
                return fd;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                fail_errno(error, "cannot open '%s'", path);
        else if (g_hash_table_size(reader->fds) < OPEN_MAX)
                g_hash_table_insert(reader->fds, GUINT_TO_POINTER(pack), GINT_TO_POINTER(fd + 1));
        else
                *is_own = true;
        return fd;
}

bool pack_reader_find(PackReader *reader, const ChunkId *id, ChunkPlace *place)
{
        return catalog_find(reader->catalog, id, place);
}

bool pack_reader_frame(PackReader *reader, ChunkPlace place, uint8_t *frame, GError **error)
{
        bool is_own = false;
        g_autofree char *path = path_of(reader, place.pack);
        int fd = open_pack(reader, place.pack, path, &is_own, error);
        if (fd < 0)
                return false;
        g_autoptr(GError) failure = NULL;
        bool good = fd_read_exactly(fd, frame, place.size, place.offset, path, &failure);
        if (is_own)
                close(fd);
        if (good)
                return true;
        if (error_is(failure, LAUTTA_ERROR_CONFLICT)) /* a pack does not shrink, unless it is damaged */
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' ends before %" G_GUINT64_FORMAT, path,
                            (uint64_t)place.offset + place.size);
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
}

bool pack_reader_read(PackReader *reader, const ChunkId *id, uint32_t length, uint8_t *content,
                      GError **error)
{
        ChunkPlace place;
        if (!catalog_find(reader->catalog, id, &place))
                return fail(error, LAUTTA_ERROR_CORRUPT, "a chunk is in no pack");
        if (place.size > frame_max_bytes(length))
                return fail(error, LAUTTA_ERROR_CORRUPT, "a chunk's frame is too large");
        g_autofree uint8_t *frame = g_malloc(place.size);
        if (!pack_reader_frame(reader, place, frame, error))
                return false;
        if (frame_open(frame, place.size, id, content, length, error))
                return true;
        g_autofree char *path = path_of(reader, place.pack);
        g_prefix_error(error, "'%s' at %u: ", path, place.offset);
        return false;
}
