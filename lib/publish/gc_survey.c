/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of gc.h that finds the chunks and packs that published versions need. Every chunk of a signed
 * index is needed, whatever a locator says. */
#include "errors.h"
#include "gc_private.h"
#include "layout.h"
#include "repository_catalog.h"

static void delta_free(void *data)
{
        GcDelta *delta = data;
        g_free(delta->name);
        g_bytes_unref(delta->sources);
        g_free(delta);
}

static void bytes_free(void *bytes)
{
        g_bytes_unref(bytes);
}

static void set_free(void *set)
{
        g_hash_table_unref(set);
}

void gc_survey_clear(GcSurvey *survey)
{
        catalog_free(survey->catalog);
        g_free(survey->live);
        g_free(survey->uses);
        g_free(survey->counts);
        g_clear_pointer(&survey->named, g_hash_table_unref);
        g_clear_pointer(&survey->needs, g_ptr_array_unref);
        g_clear_pointer(&survey->sources, g_hash_table_unref);
        g_clear_pointer(&survey->named_deltas, g_hash_table_unref);
}
/* Returns: owned set of the packs that readable locators name. */
static GHashTable *named_packs(const GcPlan *plan)
{
        const GPtrArray *entries = repository_entries(plan->repository);
        GHashTable *named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < entries->len; i++) {
                const PackageEntry *entry = g_ptr_array_index(entries, i);
                g_autofree char *path =
                        layout_locator_path(entry->service, entry->version, entry->architecture);
                g_autoptr(GBytes) bytes = remote_read(plan->remote, path, LOCATOR_MAX_BYTES, NULL);
                g_autoptr(Locator) locator = bytes ? locator_parse(bytes, SIZE_MAX, path, NULL) : NULL;
                for (size_t k = 0; locator && k < locator_pack_count(locator); k++)
                        g_hash_table_add(named, g_strdup(locator_pack_name(locator, k)));
        }
        return named;
}

/* Load the packs that locators name first: of a chunk in two packs, the place that readers know counts. */
static bool load_catalog(GcSurvey *survey, GError **error)
{
        const Repository *repository = survey->plan->repository;
        survey->catalog = catalog_new();
        g_autoptr(GHashTable) named = named_packs(survey->plan);
        return repository_catalog_extend(repository, survey->catalog, named, true, error) &&
               repository_catalog_extend(repository, survey->catalog, named, false, error);
}

bool gc_survey_begin(GcSurvey *survey, GError **error)
{
        survey->named = g_hash_table_new(g_str_hash, g_str_equal);
        survey->needs = g_ptr_array_new_with_free_func(set_free);
        survey->sources = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, bytes_free, NULL);
        survey->named_deltas = g_hash_table_new(g_str_hash, g_str_equal);
        if (!load_catalog(survey, error))
                return false;
        const Catalog *catalog = survey->catalog;
        uint32_t count = catalog_pack_count(catalog);
        survey->live = g_malloc0(catalog_count(catalog) + 1);
        survey->uses = g_new0(PackUse, count + 1);
        survey->counts = g_new0(uint64_t, count + 1);
        for (uint32_t i = 0; i < count; i++) {
                survey->uses[i].bytes = catalog_pack_bytes(catalog, i);
                g_hash_table_insert(survey->named, (char *)catalog_pack_name(catalog, i),
                                    GUINT_TO_POINTER(i + 1));
        }
        return true;
}

static bool mark_chunk(GcSurvey *survey, const Index *index, size_t i, GHashTable *needs, GError **error)
{
        uint32_t number = catalog_number(survey->catalog, index_id(index, i));
        if (number == CATALOG_NONE)
                return fail(error, LAUTTA_ERROR_CORRUPT,
                            "chunk %zu is in no pack: 'lautta verify' names what is damaged", i);
        ChunkPlace place = catalog_place(survey->catalog, number);
        g_hash_table_add(needs, GUINT_TO_POINTER(place.pack));
        if (!survey->live[number]) {
                survey->live[number] = true;
                survey->uses[place.pack].live_bytes += place.size;
                survey->counts[place.pack]++;
        }
        return true;
}

static bool mark_version(GcSurvey *survey, const Version *version, GHashTable *needs, GError **error)
{
        for (size_t b = 0; b < version->blob_count; b++)
                for (size_t i = 0; i < index_count(version->blobs[b]); i++)
                        if (!index_is_zero(version->blobs[b], i) &&
                            !mark_chunk(survey, version->blobs[b], i, needs, error))
                                return false;
        return true;
}

static void note_deltas(GcVersion *noted, const Locator *locator)
{
        for (size_t i = 0; i < locator_delta_count(locator); i++) {
                const LocatorDelta *delta = locator_delta(locator, i);
                GcDelta *copy = g_new0(GcDelta, 1);
                copy->name = g_strdup(delta->name);
                copy->bytes = delta->bytes;
                copy->sources = g_bytes_new(delta->sources, delta->source_count * DIGEST_BYTES);
                g_ptr_array_add(noted->deltas, copy);
        }
}

/* Note the packs of a locator as needed. A locator that names an absent pack is written again. */
static void note_locator(GcSurvey *survey, GcVersion *noted, const Locator *locator, GHashTable *needs)
{
        for (size_t i = 0; i < locator_pack_count(locator); i++) {
                uint32_t number =
                        GPOINTER_TO_UINT(g_hash_table_lookup(survey->named, locator_pack_name(locator, i)));
                if (number)
                        g_hash_table_add(needs, GUINT_TO_POINTER(number - 1));
                else
                        noted->rewritten = true;
        }
        note_deltas(noted, locator);
}

/* An absent or damaged locator is written again from the indexes and the packs; only its deltas are lost. */
static bool survey_locator(GcSurvey *survey, Version *version, GcVersion *noted, GHashTable *needs,
                           GError **error)
{
        g_autoptr(GError) why = NULL;
        if (version_load_locator(survey->plan->remote, version, &why)) {
                note_locator(survey, noted, version->locator, needs);
                return true;
        }
        noted->rewritten = noted->moves = true;
        if (error_is(why, LAUTTA_ERROR_CORRUPT) || error_is(why, LAUTTA_ERROR_NOT_FOUND))
                return true;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

static bool survey_version(GcSurvey *survey, const PackageEntry *entry, GError **error)
{
        g_auto(Version) version = {0};
        GHashTable *needs = g_hash_table_new(NULL, NULL);
        g_ptr_array_add(survey->needs, needs);
        GcVersion *noted = g_new0(GcVersion, 1);
        *noted = (GcVersion){.entry = entry, .deltas = g_ptr_array_new_with_free_func(delta_free)};
        g_ptr_array_add(survey->plan->versions, noted);
        if (survey->plan->load(survey->plan, entry, &version, error) &&
            mark_version(survey, &version, needs, error) &&
            survey_locator(survey, &version, noted, needs, error)) {
                g_hash_table_add(survey->sources, version_identity(&version));
                return true;
        }
        g_autofree char *title = version_title(entry);
        g_prefix_error(error, "%s: ", title);
        return false;
}

bool gc_survey_versions(GcSurvey *survey, Progress *progress, GError **error)
{
        const GPtrArray *entries = repository_entries(survey->plan->repository);
        uint64_t package_bytes = 0;
        for (guint i = 0; i < entries->len; i++)
                package_bytes += ((const PackageEntry *)g_ptr_array_index(entries, i))->size_bytes;
        progress_begin(progress, "looking", package_bytes);
        for (guint i = 0; i < entries->len; i++) {
                const PackageEntry *entry = g_ptr_array_index(entries, i);
                if (!survey_version(survey, entry, error))
                        return false;
                progress_add(progress, "packages", entry->size_bytes);
        }
        progress_end(progress);
        return true;
}
