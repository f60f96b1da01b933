/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "locator.h"

#include <string.h>
#include <zstd.h>

#include "digest.h"
#include "errors.h"
#include "pack.h"
#include "varint.h"

enum { MAGIC_BYTES = 8, MAX_PACKS = 65536, LEVEL = 9 };
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
        GArray *packs;  /* LocatorPack */
        GArray *blobs;  /* LocatorBlob */
        GArray *deltas; /* LocatorDelta */
};

static void pack_clear(void *data)
{
        g_free(((LocatorPack *)data)->name);
}

static void blob_clear(void *data)
{
        g_array_unref(((LocatorBlob *)data)->places);
}

static void delta_clear(void *data)
{
        g_free(((LocatorDelta *)data)->name);
        g_bytes_unref(((LocatorDelta *)data)->table);
}

Locator *locator_new(void)
{
        Locator *locator = g_new0(Locator, 1);
        locator->packs = g_array_new(false, false, sizeof(LocatorPack));
        locator->blobs = g_array_new(false, false, sizeof(LocatorBlob));
        locator->deltas = g_array_new(false, false, sizeof(LocatorDelta));
        g_array_set_clear_func(locator->packs, pack_clear);
        g_array_set_clear_func(locator->blobs, blob_clear);
        g_array_set_clear_func(locator->deltas, delta_clear);
        return locator;
}

void locator_free(Locator *locator)
{
        if (!locator)
                return;
        g_array_unref(locator->packs);
        g_array_unref(locator->blobs);
        g_array_unref(locator->deltas);
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

void locator_add_delta(Locator *locator, const LocatorDelta *delta)
{
        LocatorDelta copy = *delta;
        copy.name = g_strdup(delta->name);
        copy.table = g_bytes_ref(delta->table);
        g_array_append_val(locator->deltas, copy);
}

/* A chunk that follows the previous chunk in its pack is stored as its size alone. */
static void put_places(GByteArray *out, const GArray *places)
{
        uint32_t pack = 0;
        uint64_t next = UINT64_MAX;
        for (guint i = 0; i < places->len; i++) {
                const ChunkPlace *place = &g_array_index(places, ChunkPlace, i);
                bool jump = next != place->offset || pack != place->pack;
                varint_put(out, (uint64_t)place->size << 1 | jump);
                if (jump) {
                        varint_put(out, place->pack);
                        varint_put(out, place->offset);
                }
                pack = place->pack;
                next = (uint64_t)place->offset + place->size;
        }
}

static void put_digest_of_name(GByteArray *out, const char *name)
{
        uint8_t digest[DIGEST_BYTES];
        digest_from_hex(name, digest);
        g_byte_array_append(out, digest, sizeof digest);
}

static void put_packs(GByteArray *out, const GArray *packs)
{
        varint_put(out, packs->len);
        for (guint i = 0; i < packs->len; i++) {
                const LocatorPack *pack = &g_array_index(packs, LocatorPack, i);
                put_digest_of_name(out, pack->name);
                varint_put(out, pack->bytes);
        }
}

static void put_blobs(GByteArray *out, const GArray *blobs)
{
        varint_put(out, blobs->len);
        for (guint i = 0; i < blobs->len; i++) {
                const LocatorBlob *blob = &g_array_index(blobs, LocatorBlob, i);
                g_byte_array_append(out, blob->index_digest, DIGEST_BYTES);
                varint_put(out, blob->places->len);
                put_places(out, blob->places);
        }
}

static void put_deltas(GByteArray *out, const GArray *deltas)
{
        varint_put(out, deltas->len);
        for (guint i = 0; i < deltas->len; i++) {
                const LocatorDelta *delta = &g_array_index(deltas, LocatorDelta, i);
                varint_put(out, delta->source_count);
                g_byte_array_append(out, delta->sources[0], (guint)(delta->source_count * DIGEST_BYTES));
                put_digest_of_name(out, delta->name);
                varint_put(out, delta->bytes);
                varint_put(out, g_bytes_get_size(delta->table));
                g_byte_array_append(out, g_bytes_get_data(delta->table, NULL),
                                    (guint)g_bytes_get_size(delta->table));
        }
}

/* With the checksum, a flipped bit makes the locator invalid instead of wrong. */
static GBytes *compress(const GByteArray *plain)
{
        size_t room = ZSTD_compressBound(plain->len);
        uint8_t *packed = g_malloc(room);
        ZSTD_CCtx *context = ZSTD_createCCtx();
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
        size_t size = ZSTD_compress2(context, packed, room, plain->data, plain->len);
        ZSTD_freeCCtx(context);
        if (ZSTD_isError(size))
                g_error("zstd cannot compress: %s", ZSTD_getErrorName(size)); /* only when out of memory */
        return g_bytes_new_take(packed, size);
}

GBytes *locator_serialize(const Locator *locator)
{
        g_autoptr(GByteArray) plain = g_byte_array_new();
        g_byte_array_append(plain, (const guint8 *)MAGIC, MAGIC_BYTES);
        put_packs(plain, locator->packs);
        put_blobs(plain, locator->blobs);
        put_deltas(plain, locator->deltas);
        return compress(plain);
}

/* A locator being read. The number of chunks still allowed bounds the memory. */
typedef struct {
        Cursor cursor;
        uint64_t chunks_left;
} Reader;

static bool get_place(Cursor *cursor, ChunkPlace *place, uint64_t *next, const GArray *packs)
{
        uint64_t size_and_jump = 0, pack = place->pack, offset = *next;
        if (!cursor_varint(cursor, UINT32_MAX, &size_and_jump))
                return false;
        if ((size_and_jump & 1) &&
            (!cursor_varint(cursor, UINT32_MAX, &pack) || !cursor_varint(cursor, PACK_MAX_BYTES, &offset)))
                return false;
        if (offset > PACK_MAX_BYTES || pack >= packs->len || size_and_jump >> 1 == 0)
                return false;
        *place = (ChunkPlace){(uint32_t)pack, (uint32_t)offset, (uint32_t)(size_and_jump >> 1)};
        *next = offset + place->size;
        return *next <= g_array_index(packs, LocatorPack, pack).bytes;
}

static bool get_pack(Reader *reader, Locator *locator)
{
        Cursor *cursor = &reader->cursor;
        uint8_t digest[DIGEST_BYTES];
        LocatorPack pack = {0};
        if (!cursor_bytes(cursor, digest, sizeof digest) ||
            !cursor_varint(cursor, PACK_MAX_BYTES, &pack.bytes))
                return false;
        pack.name = digest_to_hex(digest);
        g_array_append_val(locator->packs, pack);
        return true;
}

static bool get_blob(Reader *reader, Locator *locator)
{
        Cursor *cursor = &reader->cursor;
        LocatorBlob blob = {0};
        uint64_t count = 0, next = UINT64_MAX;
        if (!cursor_bytes(cursor, blob.index_digest, DIGEST_BYTES) ||
            !cursor_varint(cursor, reader->chunks_left, &count))
                return false;
        reader->chunks_left -= count;
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

/* Read a delta. The claimed sizes of its source digests and its table must fit the remaining bytes. */
static bool get_delta(Reader *reader, Locator *locator)
{
        Cursor *cursor = &reader->cursor;
        uint8_t digest[DIGEST_BYTES];
        uint64_t sources = 0, size = 0;
        LocatorDelta delta = {0};
        if (!cursor_varint(cursor, LOCATOR_MAX_BLOBS, &sources) || sources == 0)
                return false;
        delta.source_count = sources;
        if (!cursor_bytes(cursor, delta.sources, sources * DIGEST_BYTES) ||
            !cursor_bytes(cursor, digest, sizeof digest) || !cursor_varint(cursor, INT64_MAX, &delta.bytes) ||
            !cursor_varint(cursor, (uint64_t)(cursor->end - cursor->at), &size))
                return false;
        delta.name = digest_to_hex(digest);
        delta.table = g_bytes_new(cursor->at, size);
        cursor->at += size;
        g_array_append_val(locator->deltas, delta);
        return true;
}

typedef bool GetOne(Reader *reader, Locator *locator);

static bool get_many(Reader *reader, uint64_t max, GetOne *get_one, Locator *locator)
{
        uint64_t count = 0;
        if (!cursor_varint(&reader->cursor, max, &count))
                return false;
        for (uint64_t i = 0; i < count; i++)
                if (!get_one(reader, locator))
                        return false;
        return true;
}

static bool get_all(Reader *reader, Locator *locator)
{
        char magic[MAGIC_BYTES];
        if (!cursor_bytes(&reader->cursor, magic, MAGIC_BYTES) || memcmp(magic, MAGIC, MAGIC_BYTES) != 0 ||
            !get_many(reader, MAX_PACKS, get_pack, locator) ||
            !get_many(reader, LOCATOR_MAX_BLOBS, get_blob, locator))
                return false;
        bool ends_here = reader->cursor.at == reader->cursor.end; /* written by a Lautta without deltas */
        return ends_here || get_many(reader, LOCATOR_MAX_DELTAS, get_delta, locator);
        /* bytes that follow are for later formats */
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
        Reader reader = {{plain, plain ? plain + size : NULL}, max_chunks};
        if (!plain || !get_all(&reader, locator)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a whole locator", name);
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

size_t locator_delta_count(const Locator *locator)
{
        return locator->deltas->len;
}

const LocatorDelta *locator_delta(const Locator *locator, size_t i)
{
        return &g_array_index(locator->deltas, LocatorDelta, i);
}
