/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "locator.h"

#include <string.h>
#include <zstd.h>

#include "digest.h"
#include "errors.h"
#include "pack.h"

enum { MAGIC_BYTES = 8, MAX_PACKS = 65536, MAX_BLOBS = 16, LEVEL = 9 };
static const char MAGIC[MAGIC_BYTES] = "LAUTLOC1";
static const ChunkPlace nowhere;

typedef struct {
        char *name;
        uint64_t bytes;
} LocatorPack;

typedef struct {
        uint8_t index_digest[DIGEST_BYTES];
        GArray *places; /* ChunkPlace */
} LocatorBlob;

struct Locator {
        GArray *packs; /* LocatorPack */
        GArray *blobs; /* LocatorBlob */
};

static void pack_clear(void *data)
{
        g_free(((LocatorPack *)data)->name);
}

static void blob_clear(void *data)
{
        g_array_unref(((LocatorBlob *)data)->places);
}

Locator *locator_new(void)
{
        Locator *locator = g_new0(Locator, 1);
        locator->packs = g_array_new(false, false, sizeof(LocatorPack));
        locator->blobs = g_array_new(false, false, sizeof(LocatorBlob));
        g_array_set_clear_func(locator->packs, pack_clear);
        g_array_set_clear_func(locator->blobs, blob_clear);
        return locator;
}

void locator_free(Locator *locator)
{
        if (!locator)
                return;
        g_array_unref(locator->packs);
        g_array_unref(locator->blobs);
        g_free(locator);
}

static uint32_t pack_number(Locator *locator, const char *name, uint64_t bytes)
{
        for (guint i = 0; i < locator->packs->len; i++)
                if (strcmp(g_array_index(locator->packs, LocatorPack, i).name, name) == 0)
                        return i;
        LocatorPack pack = {g_strdup(name), bytes};
        g_array_append_val(locator->packs, pack);
        return locator->packs->len - 1;
}

bool locator_add_blob(Locator *locator, const Index *index, Catalog *catalog, GError **error)
{
        LocatorBlob blob = {.places = g_array_new(false, false, sizeof(ChunkPlace))};
        index_digest(index, blob.index_digest);
        g_array_append_val(locator->blobs, blob);
        uint32_t last = UINT32_MAX, last_number = 0;
        for (size_t i = 0; i < index_count(index); i++) {
                ChunkPlace place;
                if (index_is_zero(index, i))
                        continue;
                if (!catalog_find(catalog, index_id(index, i), &place))
                        return fail(error, LAUTTA_ERROR_CORRUPT, "chunk %zu is in no pack", i);
                if (place.pack != last) {
                        last = place.pack;
                        last_number = pack_number(locator, catalog_pack_name(catalog, last),
                                                  catalog_pack_bytes(catalog, last));
                }
                place.pack = last_number;
                g_array_append_val(blob.places, place);
        }
        return true;
}

static void put_varint(GByteArray *out, uint64_t value)
{
        do {
                guint8 byte = (guint8)(value & 127);
                value >>= 7;
                byte = (guint8)(value ? byte | 128 : byte);
                g_byte_array_append(out, &byte, 1);
        } while (value);
}

/* A chunk that follows the one before in its pack needs only its size. */
static void put_places(GByteArray *out, const GArray *places)
{
        uint32_t pack = 0;
        uint64_t next = UINT64_MAX;
        for (guint i = 0; i < places->len; i++) {
                const ChunkPlace *place = &g_array_index(places, ChunkPlace, i);
                bool jump = next != place->offset || pack != place->pack;
                put_varint(out, (uint64_t)place->size << 1 | jump);
                if (jump) {
                        put_varint(out, place->pack);
                        put_varint(out, place->offset);
                }
                pack = place->pack;
                next = (uint64_t)place->offset + place->size;
        }
}

GBytes *locator_serialize(const Locator *locator)
{
        g_autoptr(GByteArray) plain = g_byte_array_new();
        g_byte_array_append(plain, (const guint8 *)MAGIC, MAGIC_BYTES);
        put_varint(plain, locator->packs->len);
        for (guint i = 0; i < locator->packs->len; i++) {
                const LocatorPack *pack = &g_array_index(locator->packs, LocatorPack, i);
                uint8_t digest[DIGEST_BYTES];
                digest_from_hex(pack->name, digest);
                g_byte_array_append(plain, digest, sizeof digest);
                put_varint(plain, pack->bytes);
        }
        put_varint(plain, locator->blobs->len);
        for (guint i = 0; i < locator->blobs->len; i++) {
                const LocatorBlob *blob = &g_array_index(locator->blobs, LocatorBlob, i);
                g_byte_array_append(plain, blob->index_digest, DIGEST_BYTES);
                put_varint(plain, blob->places->len);
                put_places(plain, blob->places);
        }
        size_t room = ZSTD_compressBound(plain->len);
        uint8_t *packed = g_malloc(room);
        size_t size = ZSTD_compress(packed, room, plain->data, plain->len, LEVEL);
        if (ZSTD_isError(size))
                g_error("zstd cannot compress: %s", ZSTD_getErrorName(size)); /* only if memory is out */
        return g_bytes_new_take(packed, size);
}

/* Reading: a cursor over the plain bytes that never passes its end. */
typedef struct {
        const uint8_t *at, *end;
        uint64_t chunks_left; /* how many more chunks may come */
} Cursor;

static bool get_varint(Cursor *cursor, uint64_t max, uint64_t *value)
{
        uint64_t sum = 0;
        for (unsigned shift = 0; shift < 63 && cursor->at < cursor->end; shift += 7) {
                uint8_t byte = *cursor->at++;
                sum |= (uint64_t)(byte & 127) << shift;
                if (!(byte & 128)) {
                        *value = sum;
                        return sum <= max;
                }
        }
        return false;
}

static bool get_bytes(Cursor *cursor, void *out, size_t size)
{
        if ((size_t)(cursor->end - cursor->at) < size)
                return false;
        memcpy(out, cursor->at, size);
        cursor->at += size;
        return true;
}

static bool get_place(Cursor *cursor, ChunkPlace *place, uint64_t *next, const GArray *packs)
{
        uint64_t size_and_jump = 0, pack = place->pack, offset = *next;
        if (!get_varint(cursor, UINT32_MAX, &size_and_jump))
                return false;
        if ((size_and_jump & 1) &&
            (!get_varint(cursor, UINT32_MAX, &pack) || !get_varint(cursor, PACK_MAX_BYTES, &offset)))
                return false;
        if (offset > PACK_MAX_BYTES || pack >= packs->len || size_and_jump >> 1 == 0)
                return false;
        *place = (ChunkPlace){(uint32_t)pack, (uint32_t)offset, (uint32_t)(size_and_jump >> 1)};
        *next = offset + place->size;
        return *next <= g_array_index(packs, LocatorPack, pack).bytes;
}

static bool get_pack(Cursor *cursor, Locator *locator)
{
        uint8_t digest[DIGEST_BYTES];
        LocatorPack pack = {0};
        if (!get_bytes(cursor, digest, sizeof digest) || !get_varint(cursor, PACK_MAX_BYTES, &pack.bytes))
                return false;
        pack.name = digest_to_hex(digest);
        g_array_append_val(locator->packs, pack);
        return true;
}

static bool get_blob(Cursor *cursor, Locator *locator)
{
        LocatorBlob blob = {0};
        uint64_t count = 0, next = UINT64_MAX;
        if (!get_bytes(cursor, blob.index_digest, DIGEST_BYTES) ||
            !get_varint(cursor, cursor->chunks_left, &count))
                return false;
        cursor->chunks_left -= count;
        blob.places = g_array_sized_new(false, false, sizeof(ChunkPlace), (guint)count);
        g_array_append_val(locator->blobs, blob);
        ChunkPlace place = {0};
        for (uint64_t i = 0; i < count; i++) {
                if (!get_place(cursor, &place, &next, locator->packs))
                        return false;
                g_array_append_val(blob.places, place);
        }
        return true;
}

static bool get_all(Cursor *cursor, Locator *locator)
{
        char magic[MAGIC_BYTES];
        uint64_t count = 0;
        if (!get_bytes(cursor, magic, MAGIC_BYTES) || memcmp(magic, MAGIC, MAGIC_BYTES) != 0)
                return false;
        if (!get_varint(cursor, MAX_PACKS, &count))
                return false;
        for (uint64_t i = 0; i < count; i++)
                if (!get_pack(cursor, locator))
                        return false;
        if (!get_varint(cursor, MAX_BLOBS, &count))
                return false;
        for (uint64_t i = 0; i < count; i++)
                if (!get_blob(cursor, locator))
                        return false;
        return true; /* what may follow is for later formats */
}

/* Returns: owned plain bytes; NULL unless `bytes` is one zstd frame within the bound. */
static uint8_t *decompress(GBytes *bytes, size_t *plain_size)
{
        size_t size = 0;
        const void *data = g_bytes_get_data(bytes, &size);
        unsigned long long claimed = ZSTD_getFrameContentSize(data, size);
        if (claimed == ZSTD_CONTENTSIZE_UNKNOWN || claimed == ZSTD_CONTENTSIZE_ERROR ||
            claimed > LOCATOR_MAX_BYTES)
                return NULL;
        g_autofree uint8_t *plain = g_malloc(claimed + 1);
        *plain_size = ZSTD_decompress(plain, claimed, data, size);
        return ZSTD_isError(*plain_size) ? NULL : g_steal_pointer(&plain);
}

Locator *locator_parse(GBytes *bytes, size_t max_chunks, const char *name, GError **error)
{
        size_t size = 0;
        g_autofree uint8_t *plain = decompress(bytes, &size);
        g_autoptr(Locator) locator = locator_new();
        Cursor cursor = {plain, plain ? plain + size : NULL, max_chunks};
        if (!plain || !get_all(&cursor, locator)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is no whole locator", name);
                return NULL;
        }
        return g_steal_pointer(&locator);
}

size_t locator_pack_count(const Locator *locator)
{
        return locator->packs->len;
}

const char *locator_pack_name(const Locator *locator, size_t i)
{
        return g_array_index(locator->packs, LocatorPack, i).name;
}

uint64_t locator_pack_bytes(const Locator *locator, size_t i)
{
        return g_array_index(locator->packs, LocatorPack, i).bytes;
}

const ChunkPlace *locator_places(const Locator *locator, const Index *index, size_t *count)
{
        uint8_t digest[DIGEST_BYTES];
        index_digest(index, digest);
        for (guint i = 0; i < locator->blobs->len; i++) {
                const LocatorBlob *blob = &g_array_index(locator->blobs, LocatorBlob, i);
                if (memcmp(blob->index_digest, digest, sizeof digest) != 0)
                        continue;
                *count = blob->places->len;
                return *count ? (const ChunkPlace *)blob->places->data : &nowhere;
        }
        return NULL;
}
