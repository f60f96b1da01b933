/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "catalog.h"

#include <string.h>

#include "chunklist.h"
#include "digest.h"
#include "files.h"
#include "idtable.h"

/* Half an id identifies a chunk: 128 bits do not collide, and a fetch checks the whole id anyway. */
enum { KEY_BYTES = 16 };

typedef struct {
        uint8_t key[KEY_BYTES];
        ChunkPlace place;
} Known;

typedef struct {
        char *name;
        uint64_t bytes;
} KnownPack;

struct Catalog {
        GMutex lock;
        GArray *known;
        IdTable table; /* of known */
        GArray *packs; /* KnownPack */
};

static const uint8_t *key_of(const void *owner, uint32_t number)
{
        const Catalog *catalog = owner;
        return g_array_index(catalog->known, Known, number).key;
}

static void add_unlocked(Catalog *catalog, const ChunkId *id, ChunkPlace place)
{
        Known known = {.place = place};
        memcpy(known.key, id->bytes, KEY_BYTES);
        g_array_append_val(catalog->known, known);
        if (!idtable_put(&catalog->table, catalog->known->len - 1))
                g_array_set_size(catalog->known, catalog->known->len - 1);
        KnownPack *pack = &g_array_index(catalog->packs, KnownPack, place.pack);
        pack->bytes = MAX(pack->bytes, (uint64_t)place.offset + place.size);
}

static void known_pack_clear(void *data)
{
        g_free(((KnownPack *)data)->name);
}

Catalog *catalog_new(void)
{
        Catalog *catalog = g_new0(Catalog, 1);
        g_mutex_init(&catalog->lock);
        catalog->known = g_array_new(false, false, sizeof(Known));
        catalog->packs = g_array_new(false, false, sizeof(KnownPack));
        g_array_set_clear_func(catalog->packs, known_pack_clear);
        catalog->table = (IdTable){.key_bytes = KEY_BYTES, .key_of = key_of, .owner = catalog};
        return catalog;
}

void catalog_free(Catalog *catalog)
{
        if (!catalog)
                return;
        g_mutex_clear(&catalog->lock);
        g_array_unref(catalog->known);
        idtable_clear(&catalog->table);
        g_array_unref(catalog->packs);
        g_free(catalog);
}

static GArray *load_or_make_list(const CatalogSource *source, const char *name, const char *pack_path,
                                 const char *list_path, GError **error)
{
        GArray *entries = chunklist_load(list_path, NULL);
        if (entries)
                return entries;
        entries = chunklist_from_pack(pack_path, error);
        if (entries && source->keep && !source->keep(source->user, name, entries, error))
                g_clear_pointer(&entries, g_array_unref);
        return entries;
}

static bool load_pack(Catalog *catalog, const CatalogSource *source, const char *name, GError **error)
{
        g_autofree char *pack_path = g_strdup_printf("%s/%s.pack", source->packs, name);
        g_autofree char *list_path = g_strdup_printf("%s/%s.chunks", source->lists, name);
        g_autoptr(GArray) entries = load_or_make_list(source, name, pack_path, list_path, error);
        if (!entries)
                return false;
        uint32_t pack = catalog_add_pack(catalog, name);
        idtable_reserve(&catalog->table, catalog->known->len + entries->len);
        uint32_t offset = 0;
        for (guint i = 0; i < entries->len; i++) {
                const ChunkListEntry *entry = &g_array_index(entries, ChunkListEntry, i);
                add_unlocked(catalog, &entry->id, (ChunkPlace){pack, offset, entry->frame_size});
                offset += entry->frame_size;
        }
        return true;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* List the names of all packs, sorted, so that the same depot gives the same places. */
static GPtrArray *list_packs(const char *packs, GError **error)
{
        g_autoptr(GDir) directory = g_dir_open(packs, 0, error);
        if (!directory)
                return NULL;
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        for (const char *entry = g_dir_read_name(directory); entry; entry = g_dir_read_name(directory)) {
                uint8_t digest[DIGEST_BYTES];
                g_autofree char *name = g_strndup(entry, DIGEST_HEX_CHARS);
                if (g_str_has_suffix(entry, ".pack") && strlen(entry) == DIGEST_HEX_CHARS + 5 &&
                    digest_from_hex(name, digest))
                        g_ptr_array_add(names, g_steal_pointer(&name));
        }
        g_ptr_array_sort(names, compare_names);
        return names;
}

bool catalog_extend(Catalog *catalog, const CatalogSource *source, GHashTable *names, bool among,
                    GError **error)
{
        g_autoptr(GPtrArray) there = list_packs(source->packs, error);
        if (!there)
                return false;
        for (guint i = 0; i < there->len; i++) {
                const char *name = g_ptr_array_index(there, i);
                if (g_hash_table_contains(names, name) == among && !load_pack(catalog, source, name, error))
                        return false;
        }
        return true;
}

Catalog *catalog_load(const CatalogSource *source, GError **error)
{
        g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(Catalog) catalog = catalog_new();
        return catalog_extend(catalog, source, none, false, error) ? g_steal_pointer(&catalog) : NULL;
}

bool catalog_find(Catalog *catalog, const ChunkId *id, ChunkPlace *place)
{
        g_mutex_lock(&catalog->lock);
        uint32_t number = idtable_find(&catalog->table, id->bytes);
        if (number != IDTABLE_NONE)
                *place = g_array_index(catalog->known, Known, number).place;
        g_mutex_unlock(&catalog->lock);
        return number != IDTABLE_NONE;
}

uint32_t catalog_number(const Catalog *catalog, const ChunkId *id)
{
        G_STATIC_ASSERT((uint32_t)CATALOG_NONE == (uint32_t)IDTABLE_NONE);
        return idtable_find(&catalog->table, id->bytes);
}

ChunkPlace catalog_place(const Catalog *catalog, uint32_t number)
{
        return g_array_index(catalog->known, Known, number).place;
}

void catalog_add(Catalog *catalog, const ChunkId *id, ChunkPlace place)
{
        g_mutex_lock(&catalog->lock);
        add_unlocked(catalog, id, place);
        g_mutex_unlock(&catalog->lock);
}

uint32_t catalog_add_pack(Catalog *catalog, const char *name)
{
        KnownPack pack = {g_strdup(name), 0};
        g_array_append_val(catalog->packs, pack);
        return catalog->packs->len - 1;
}

void catalog_name_pack(Catalog *catalog, uint32_t pack, const char *name)
{
        KnownPack *known = &g_array_index(catalog->packs, KnownPack, pack);
        g_free(known->name);
        known->name = g_strdup(name);
}

const char *catalog_pack_name(const Catalog *catalog, uint32_t pack)
{
        return g_array_index(catalog->packs, KnownPack, pack).name;
}

uint32_t catalog_pack_count(const Catalog *catalog)
{
        return catalog->packs->len;
}

uint64_t catalog_pack_bytes(const Catalog *catalog, uint32_t pack)
{
        return g_array_index(catalog->packs, KnownPack, pack).bytes;
}

size_t catalog_count(const Catalog *catalog)
{
        return catalog->known->len;
}
