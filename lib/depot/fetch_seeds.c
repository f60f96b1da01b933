/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a fetch that gathers seeds. */
#include "errors.h"
#include "fetch_private.h"
#include "files.h"
#include "ingest.h"

static void seed_free(void *data)
{
        FetchSeed *seed = data;
        g_free(seed->path);
        index_free(seed->index);
        g_free(seed);
}

/* Load the index next to the seed. Without a good index, make one for this call. */
static Index *index_of_seed(const Fetch *fetch, const char *path, GError **error)
{
        g_autofree char *index_path = g_strconcat(path, ".caibx", NULL);
        Index *index = index_load(index_path, NULL);
        if (index)
                return index;
        g_autotempdir directory = directory_make_temporary(error);
        if (!directory)
                return NULL;
        g_autofree char *temporary = g_build_filename(directory, "seed.caibx", NULL);
        if (ingest_index_only(path, temporary, NULL, fetch->request->progress, error))
                index = index_load(temporary, error); /* a mapping outlives the name */
        return index;
}

static bool add_seed(Fetch *fetch, const char *path, GError **error)
{
        g_autoptr(Index) index = index_of_seed(fetch, path, error);
        if (!index) {
                g_prefix_error(error, "seed: ");
                return false;
        }
        FetchSeed *seed = g_new(FetchSeed, 1);
        *seed = (FetchSeed){g_strdup(path), g_steal_pointer(&index)};
        g_ptr_array_add(fetch->seeds, seed);
        return true;
}

/* Add an image as a seed, with the kernel and initrd next to it. */
static bool add_seed_family(Fetch *fetch, const char *image, bool must_exist, GError **error)
{
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                g_autofree char *path = blob_path(blob, image);
                bool needed = must_exist && blob == BLOB_IMAGE;
                if ((needed || g_file_test(path, G_FILE_TEST_IS_REGULAR)) && !add_seed(fetch, path, error))
                        return false;
        }
        return true;
}

bool fetch_gather_seeds(Fetch *fetch, GError **error)
{
        fetch->seeds = g_ptr_array_new_with_free_func(seed_free);
        for (const char *const *seed = fetch->request->seeds; seed && *seed; seed++)
                if (!add_seed_family(fetch, *seed, true, error))
                        return false;
        /* The current output file is itself a seed for the new version. */
        return add_seed_family(fetch, fetch->request->output, false, error);
}

bool fetch_use_seeds(Fetch *fetch, SeedMode mode, GError **error)
{
        for (guint i = 0; i < fetch->seeds->len; i++) {
                const FetchSeed *seed = g_ptr_array_index(fetch->seeds, i);
                if (!assembly_use_seed(fetch->assembly, seed->path, seed->index, mode, error))
                        return false;
        }
        return true;
}

void fetch_expect_seeds(Fetch *fetch)
{
        for (guint i = 0; i < fetch->seeds->len; i++)
                assembly_expect_seed(fetch->assembly,
                                     ((const FetchSeed *)g_ptr_array_index(fetch->seeds, i))->index);
}

void fetch_free_seeds(Fetch *fetch)
{
        g_clear_pointer(&fetch->seeds, g_ptr_array_unref);
}

DeltaSeed *fetch_delta_seeds(const Fetch *fetch)
{
        DeltaSeed *seeds = g_new0(DeltaSeed, fetch->seeds->len + 1);
        for (guint i = 0; i < fetch->seeds->len; i++) {
                const FetchSeed *seed = g_ptr_array_index(fetch->seeds, i);
                seeds[i] = (DeltaSeed){.path = seed->path, .index = seed->index};
                index_digest(seed->index, seeds[i].digest);
        }
        return seeds;
}
