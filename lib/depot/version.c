/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "version.h"

#include "depot.h"
#include "errors.h"
#include "layout.h"

void version_clear(Version *version)
{
        for (Blob blob = 0; blob < BLOB_COUNT; blob++)
                index_free(version->indexes[blob]);
        locator_free(version->locator);
        service_package_free(version->package);
        *version = (Version){0};
}

bool version_load(Remote *remote, const PackageEntry *entry, Version *version, GError **error)
{
        version->entry = entry;
        const ServicePackage *package = version->package = depot_fetch_package(remote, entry, error);
        if (!package)
                return false;
        const char *paths[BLOB_COUNT] = {package->image_index, package->kernel_index, package->initrd_index};
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                if (!paths[blob])
                        continue;
                version->indexes[blob] = index_load(paths[blob], error);
                if (!version->indexes[blob]) {
                        g_prefix_error(error, "%s in '%s': ", blob_name(blob), entry->filename);
                        return false;
                }
                version->blobs[version->blob_count++] = version->indexes[blob];
        }
        return true;
}

size_t version_count_data_chunks(const Version *version)
{
        size_t count = 0;
        for (size_t b = 0; b < version->blob_count; b++)
                for (size_t i = 0; i < index_count(version->blobs[b]); i++)
                        count += !index_is_zero(version->blobs[b], i);
        return count;
}

/* Refuse the locator of another version here: later it would fail chunk by chunk. */
static bool check_locator(const Version *version, const char *path, GError **error)
{
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                size_t count = 0;
                if (version->indexes[blob] &&
                    !locator_places(version->locator, version->indexes[blob], &count))
                        return fail(error, LAUTTA_ERROR_CORRUPT, "locator '%s' is of another %s", path,
                                    blob_name(blob));
        }
        return true;
}

bool version_load_locator(Remote *remote, Version *version, GError **error)
{
        const PackageEntry *entry = version->entry;
        g_autofree char *path = layout_locator_path(entry->service, entry->version, entry->architecture);
        g_autoptr(GBytes) bytes = remote_read(remote, path, LOCATOR_MAX_BYTES, error);
        if (!bytes)
                return false;
        g_clear_pointer(&version->locator, locator_free);
        version->locator = locator_parse(bytes, version_count_data_chunks(version), path, error);
        if (version->locator && check_locator(version, path, error))
                return true;
        g_clear_pointer(&version->locator, locator_free);
        return false;
}

DeltaBlobs version_delta_blobs(const Version *version)
{
        return (DeltaBlobs){version->blobs, version->blob_count};
}

GBytes *version_identity(const Version *version)
{
        uint8_t digests[BLOB_COUNT][DIGEST_BYTES];
        for (size_t b = 0; b < version->blob_count; b++)
                index_digest(version->blobs[b], digests[b]);
        return g_bytes_new(digests, version->blob_count * DIGEST_BYTES);
}

char *version_title(const PackageEntry *entry)
{
        return g_strdup_printf("%s %s (%s)", entry->service, entry->version, entry->architecture);
}
