/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "repository_catalog.h"

#include "chunklist.h"
#include "layout.h"

char *repository_packs(const Repository *repository)
{
        return g_build_filename(repository_path(repository), LAYOUT_PACKS, NULL);
}

static bool keep_list(void *user, const char *name, const GArray *entries, GError **error)
{
        const Repository *repository = user;
        g_autofree char *temporary = g_build_filename(repository_tmp(repository), "list", NULL);
        g_autofree char *path = layout_chunk_list_path(name);
        return chunklist_save(temporary, entries, error) &&
               tree_place(repository_tree(repository), temporary, path, error);
}

bool repository_catalog_extend(const Repository *repository, Catalog *catalog, GHashTable *names, bool among,
                               GError **error)
{
        g_autofree char *packs = repository_packs(repository);
        g_autofree char *lists = g_build_filename(repository_path(repository), LAYOUT_CHUNK_LISTS, NULL);
        CatalogSource source = {packs, lists, keep_list, (void *)repository};
        return !g_file_test(packs, G_FILE_TEST_IS_DIR) ||
               catalog_extend(catalog, &source, names, among, error);
}

Catalog *repository_catalog_load(const Repository *repository, GError **error)
{
        g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(Catalog) catalog = catalog_new();
        return repository_catalog_extend(repository, catalog, none, false, error) ? g_steal_pointer(&catalog)
                                                                                  : NULL;
}
