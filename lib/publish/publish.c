/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish.h"

#include <string.h>
#include <sys/stat.h>

#include "blobs.h"
#include "errors.h"
#include "files.h"
#include "layout.h"
#include "locator.h"
#include "publish_deltas.h"
#include "repository_catalog.h"
#include "service_package.h"

/* A publication under way. */
typedef struct {
        Repository *repository;
        const PublishRequest *request;
        const ServiceDescription *description;
        const PackageEntry *published; /* of the same version, or NULL */
        char *work;                    /* private directory on the depot's file system */
        char *indexes[BLOB_COUNT];     /* paths; NULL for a blob that the version does not have */
        Catalog *catalog;
        PackWriter *packs;
        Index *blobs[BLOB_COUNT]; /* the indexes of the version's blobs, without gaps */
        size_t blob_count;
} Publication;

static void publication_clear(Publication *publication)
{
        pack_writer_free(publication->packs);
        catalog_free(publication->catalog);
        if (publication->work)
                directory_remove(publication->work, NULL);
        g_free(publication->work);
        for (int i = 0; i < BLOB_COUNT; i++) {
                g_free(publication->indexes[i]);
                index_free(publication->blobs[i]);
        }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Publication, publication_clear)

static bool prepare(Publication *publication, GError **error)
{
        publication->work = g_build_filename(repository_tmp(publication->repository), "publish", NULL);
        if (!directory_make(publication->work, 0755, error))
                return false;
        publication->catalog = repository_catalog_load(publication->repository, error);
        if (!publication->catalog)
                return false;
        publication->packs = pack_writer_new(publication->work, publication->catalog);
        return true;
}

/* `wanted` gets true if the version has that blob. A kernel must exist if the service boots by it. */
static bool blob_is_wanted(const Publication *publication, Blob blob, const char *path, bool *wanted,
                           GError **error)
{
        *wanted = blob == BLOB_IMAGE || publication->description->boot == BOOT_KERNEL;
        if (!*wanted || g_file_test(path, G_FILE_TEST_EXISTS))
                return true;
        if (blob == BLOB_INITRD) {
                *wanted = false;
                return true;
        }
        return fail(error, LAUTTA_ERROR_NOT_FOUND, "there is no %s '%s'%s", blob_name(blob), path,
                    blob == BLOB_KERNEL
                            ? ": 'boot: kernel' needs it; 'lautta build' makes it next to the image"
                            : "");
}

static bool ingest_one(Publication *publication, Blob blob, PublishResult *result, GError **error)
{
        g_autofree char *path = blob_path(blob, publication->request->image);
        bool wanted = false;
        if (!blob_is_wanted(publication, blob, path, &wanted, error) || !wanted)
                return wanted || !error || !*error;
        publication->indexes[blob] = g_strdup_printf("%s/%s.caibx", publication->work, blob_name(blob));
        /* A version that is already published is only compared. */
        if (publication->published)
                return ingest_index_only(path, publication->indexes[blob], &result->content,
                                         publication->request->progress, error);
        return ingest_blob(path, publication->catalog, publication->packs, publication->indexes[blob],
                           &result->content, publication->request->progress, error);
}

static bool same_file(const char *a, const char *b, bool *same, GError **error)
{
        *same = !a && !b;
        if (!a || !b)
                return true;
        g_autoptr(GBytes) a_bytes = file_map(a, INDEX_MAX_BYTES, error);
        g_autoptr(GBytes) b_bytes = a_bytes ? file_map(b, INDEX_MAX_BYTES, error) : NULL;
        if (!b_bytes)
                return false;
        *same = g_bytes_equal(a_bytes, b_bytes);
        return true;
}

/* Compare with the published package of the same version: equal content is fine, anything else is refused. */
static bool compare_with_published(Publication *publication, GError **error)
{
        const PackageEntry *entry = publication->published;
        const ServiceDescription *description = publication->description;
        g_autofree char *path =
                g_build_filename(repository_path(publication->repository), entry->filename, NULL);
        g_autoptr(ServicePackage) package = service_package_open(path, entry, error);
        if (!package)
                return false;
        const char *there[BLOB_COUNT] = {package->image_index, package->kernel_index, package->initrd_index};
        const char *differs = g_bytes_equal(package->description, description->source) ? NULL : "description";
        for (Blob blob = 0; blob < BLOB_COUNT && !differs; blob++) {
                bool same = false;
                if (!same_file(publication->indexes[blob], there[blob], &same, error))
                        return false;
                differs = same ? NULL : blob_name(blob);
        }
        return !differs ||
               fail(error, LAUTTA_ERROR_CONFLICT,
                    "version %s of '%s' is published with another %s: give what changed a new version",
                    description->version, description->service, differs);
}

static bool load_indexes(Publication *publication, GError **error)
{
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                if (!publication->indexes[blob])
                        continue;
                Index *index = index_load(publication->indexes[blob], error);
                if (!index)
                        return false;
                publication->blobs[publication->blob_count++] = index;
        }
        return true;
}

static bool make_deltas(Publication *publication, const GPtrArray *packs, Locator *locator,
                        PublishResult *result, GError **error)
{
        g_autofree char *directory = repository_packs(publication->repository);
        g_autoptr(PackReader) reader = pack_reader_new(publication->catalog, directory);
        for (guint i = 0; i < packs->len; i++) {
                const PackFile *pack = g_ptr_array_index(packs, i);
                pack_reader_set_path(reader, pack->number, pack->path);
        }
        PublishDeltas request = {
                .repository = publication->repository,
                .description = publication->description,
                .targets = {(const Index *const *)publication->blobs, publication->blob_count},
                .packs = reader,
                .work = publication->work,
                .versions = publication->request->deltas,
                .effort = publication->request->effort,
                .progress = publication->request->progress};
        return publish_deltas(&request, locator, result->deltas, error);
}

/* Returns: owned path of the locator, with the deltas in the same directory; or NULL. */
static char *write_locator(Publication *publication, const GPtrArray *packs, PublishResult *result,
                           GError **error)
{
        g_autoptr(Locator) locator = locator_new();
        if (!load_indexes(publication, error))
                return NULL;
        for (size_t i = 0; i < publication->blob_count; i++)
                if (!locator_add_blob(locator, publication->blobs[i], publication->catalog, error))
                        return NULL;
        if (!make_deltas(publication, packs, locator, result, error))
                return NULL;
        g_autoptr(GBytes) bytes = locator_serialize(locator);
        g_autofree char *path = g_build_filename(publication->work, "locator", NULL);
        bool good = file_write_atomically(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), 0644,
                                          error);
        return good ? g_steal_pointer(&path) : NULL;
}

static char *write_package(Publication *publication, PublishResult *result, GError **error)
{
        const ServiceDescription *description = publication->description;
        ServicePackageContent content = {
                .service = description->service,
                .version = description->version,
                .architecture = description->architecture,
                .summary = description->summary,
                .maintainer = repository_origin(publication->repository),
                .image_bytes = index_blob_bytes(publication->blobs[0]),
                .needs = description->needs,
                .description = description->source,
                .image_index = publication->indexes[BLOB_IMAGE],
                .kernel_index = publication->indexes[BLOB_KERNEL],
                .initrd_index = publication->indexes[BLOB_INITRD],
        };
        g_autofree char *path = g_build_filename(publication->work, "package.deb", NULL);
        struct stat st;
        if (!service_package_build(&content, publication->work, path, error))
                return NULL;
        if (stat(path, &st) != 0) {
                fail_errno(error, "cannot look at '%s'", path);
                return NULL;
        }
        result->package_bytes = (uint64_t)st.st_size;
        return g_steal_pointer(&path);
}

static bool place_deltas(Publication *publication, const GPtrArray *deltas, GError **error)
{
        for (guint i = 0; i < deltas->len; i++) {
                const PublishedDelta *delta = g_ptr_array_index(deltas, i);
                if (!delta->name)
                        continue;
                g_autofree char *made = g_strdup_printf("%s/%s.delta", publication->work, delta->name);
                g_autofree char *path = layout_delta_path(delta->name);
                /* Deltas from two versions may have the same bytes and so one file, which is placed once. */
                if (!g_file_test(made, G_FILE_TEST_EXISTS))
                        continue;
                if (!repository_place(publication->repository, made, path, error))
                        return false;
        }
        return true;
}

static bool commit(Publication *publication, PublishResult *result, GError **error)
{
        const ServiceDescription *d = publication->description;
        const GPtrArray *packs = pack_writer_finish(publication->packs, error);
        g_autofree char *locator = packs ? write_locator(publication, packs, result, error) : NULL;
        g_autofree char *package = locator ? write_package(publication, result, error) : NULL;
        if (!package)
                return false;
        g_autofree char *package_path = layout_package_path(d->service, d->version, d->architecture);
        g_autofree char *locator_path = layout_locator_path(d->service, d->version, d->architecture);
        return repository_begin(publication->repository, REPOSITORY_ADD, package_path, error) &&
               repository_place_packs(publication->repository, packs, error) &&
               place_deltas(publication, result->deltas, error) &&
               repository_place(publication->repository, locator, locator_path, error) &&
               repository_place(publication->repository, package, package_path, error) &&
               repository_commit(publication->repository, error);
}

void publish_result_clear(PublishResult *result)
{
        g_clear_pointer(&result->deltas, g_ptr_array_unref);
}

bool publish_service(Repository *repository, const PublishRequest *request, PublishResult *result,
                     GError **error)
{
        const ServiceDescription *description = request->description;
        *result = (PublishResult){.deltas = g_ptr_array_new_with_free_func(published_delta_free)};
        g_auto(Publication)
                publication = {.repository = repository, .request = request, .description = description};
        publication.published = packages_find(repository_entries(repository), description->service,
                                              description->version, description->architecture);
        if (!prepare(&publication, error))
                return false;
        for (Blob blob = 0; blob < BLOB_COUNT; blob++)
                if (!ingest_one(&publication, blob, result, error))
                        return false;
        if (!publication.published)
                return commit(&publication, result, error);
        result->was_there = true;
        return compare_with_published(&publication, error);
}
