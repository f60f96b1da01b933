/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of depot.h that finds a service and fetches its package. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "depot.h"
#include "errors.h"
#include "files.h"

/* List the versions of a service, for the message that the wanted version is missing. */
static char *describe_versions(const Depot *depot, const char *service)
{
        enum { SHOWN = 5 };
        g_autoptr(GString) text = g_string_new(NULL);
        guint count = 0;
        for (guint i = 0; i < depot_entries(depot)->len; i++) {
                const PackageEntry *entry = depot_entries(depot)->pdata[i];
                if (strcmp(entry->service, service) == 0 && count++ < SHOWN)
                        g_string_append_printf(text, "%s%s (%s)", count > 1 ? ", " : "", entry->version,
                                               entry->architecture);
        }
        if (count > SHOWN)
                g_string_append_printf(text, " and %u more", count - SHOWN);
        return g_string_free(g_steal_pointer(&text), false);
}

static bool is_ambiguous(const Depot *depot, const PackageEntry *found)
{
        for (guint i = 0; i < depot_entries(depot)->len; i++) {
                const PackageEntry *entry = depot_entries(depot)->pdata[i];
                if (strcmp(entry->service, found->service) == 0 &&
                    strcmp(entry->version, found->version) == 0 &&
                    strcmp(entry->architecture, found->architecture) != 0)
                        return true;
        }
        return false;
}

const PackageEntry *depot_find(const Depot *depot, const char *service, const char *version,
                               const char *architecture, GError **error)
{
        const PackageEntry *found = packages_find(depot_entries(depot), service, version, architecture);
        if (found && !architecture && is_ambiguous(depot, found)) {
                fail(error, LAUTTA_ERROR_USAGE, "'%s' %s is published for several architectures: choose one",
                     service, found->version);
                return NULL;
        }
        if (found)
                return found;
        g_autofree char *versions = describe_versions(depot, service);
        if (!*versions)
                fail(error, LAUTTA_ERROR_NOT_FOUND, "depot '%s' has no service '%s'",
                     remote_name(depot_remote(depot)), service);
        else
                fail(error, LAUTTA_ERROR_NOT_FOUND, "depot '%s' has no '%s'%s%s%s%s; it has %s",
                     remote_name(depot_remote(depot)), service, version ? " version " : "",
                     version ? version : "", architecture ? " for " : "", architecture ? architecture : "",
                     versions);
        return NULL;
}

/* The file and the digest that take the bytes of a package while it is fetched. */
typedef struct {
        int fd;
        uint64_t written_bytes;
        Digest *digest;
        const char *path;
} Download;

static bool take_bytes(void *user, size_t range, const uint8_t *bytes, size_t size, GError **error)
{
        Download *download = user;
        if (!fd_write_exactly(download->fd, bytes, size, download->written_bytes, download->path, error))
                return false;
        digest_update(download->digest, bytes, size);
        download->written_bytes += size;
        return true;
}

static bool download_package(Remote *remote, const PackageEntry *entry, const char *path, GError **error)
{
        g_autofd fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
                return fail_errno(error, "cannot create '%s'", path);
        g_autoptr(Digest) digest = digest_new();
        Download download = {.fd = fd, .digest = digest, .path = path};
        RemoteRange range = {entry->filename, 0, entry->size_bytes};
        RemoteSink sink = {.data = take_bytes, .user = &download};
        if (!remote_fetch(remote, &range, 1, &sink, error))
                return false;
        uint8_t got[DIGEST_BYTES];
        digest_finish(digest, got);
        return memcmp(got, entry->sha256, DIGEST_BYTES) == 0 ||
               fail(error, LAUTTA_ERROR_CORRUPT, "it does not have the digest that Packages gives");
}

static bool check_size(const PackageEntry *entry, GError **error)
{
        return (entry->size_bytes > 0 && entry->size_bytes <= SERVICE_PACKAGE_MAX_BYTES) ||
               fail(error, LAUTTA_ERROR_CORRUPT,
                    "service package '%s': a size of %" G_GUINT64_FORMAT " bytes is not allowed",
                    entry->filename, entry->size_bytes);
}

/* Fetch the package to the new file `path`, and check its digest. Returns: its owned parts. */
static ServicePackage *fetch_to(Remote *remote, const PackageEntry *entry, const char *path, GError **error)
{
        if (!check_size(entry, error))
                return NULL;
        if (!download_package(remote, entry, path, error)) {
                g_prefix_error(error, "service package '%s': ", entry->filename);
                return NULL;
        }
        return service_package_open(path, entry, error);
}

ServicePackage *depot_fetch_package(Remote *remote, const PackageEntry *entry, GError **error)
{
        g_autotempdir directory = directory_make_temporary(error);
        if (!directory)
                return NULL;
        g_autofree char *path = g_build_filename(directory, "package.deb", NULL);
        return fetch_to(remote, entry, path, error);
}

ServicePackage *depot_read_package(const Depot *depot, const PackageEntry *entry, GError **error)
{
        return depot_fetch_package(depot_remote(depot), entry, error);
}

static bool has_digest(const char *path, const PackageEntry *entry)
{
        uint8_t sha256[DIGEST_BYTES];
        g_autoptr(GBytes) bytes = file_map(path, SERVICE_PACKAGE_MAX_BYTES, NULL);
        if (!bytes)
                return false;
        digest_sha256(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), sha256);
        return memcmp(sha256, entry->sha256, DIGEST_BYTES) == 0;
}

bool depot_save_package(const Depot *depot, const PackageEntry *entry, const char *path, GError **error)
{
        if (has_digest(path, entry)) {
                g_autoptr(ServicePackage) kept = service_package_open(path, entry, error);
                return kept != NULL;
        }
        g_autofree char *temporary = g_strconcat(path, ".new", NULL);
        if (unlink(temporary) != 0 && errno != ENOENT)
                return fail_errno(error, "cannot remove '%s'", temporary);
        g_autoptr(ServicePackage) package = fetch_to(depot_remote(depot), entry, temporary, error);
        if (package && file_commit(temporary, path, error))
                return true;
        unlink(temporary);
        return false;
}
