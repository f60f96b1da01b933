/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blobs.h"
#include "errors.h"
#include "files.h"
#include "ingest.h"
#include "repository.h"
#include "target.h"
#include "units.h"

/* File systems want some room of their own, and indexes lie beside the blobs. */
enum { SPARE_BYTES = 1 << 20 };

/* One fetch under way. */
typedef struct {
        Remote *remote;
        const FetchRequest *request;
        const PackageEntry *entry;
        Index *indexes[BLOB_COUNT];
        char *paths[BLOB_COUNT];    /* where the blobs go */
        char *partials[BLOB_COUNT]; /* where they are put together */
        bool done[BLOB_COUNT];      /* is there already */
        Assembly *assembly;
        GPtrArray *seeds; /* Seed */
        int lock_fd;
} Fetch;

typedef struct {
        char *path;
        Index *index;
} Seed;

static void seed_free(void *data)
{
        Seed *seed = data;
        g_free(seed->path);
        index_free(seed->index);
        g_free(seed);
}

/* A partial file without any data is of no use to a next call. */
static void remove_if_empty(const char *partial)
{
        struct stat st;
        if (partial && lstat(partial, &st) == 0 && S_ISREG(st.st_mode) && st.st_blocks == 0)
                unlink(partial);
}

static void fetch_clear(Fetch *fetch)
{
        assembly_free(fetch->assembly);
        for (int i = 0; fetch->lock_fd >= 0 && i < BLOB_COUNT; i++)
                remove_if_empty(fetch->partials[i]);
        for (int i = 0; i < BLOB_COUNT; i++) {
                index_free(fetch->indexes[i]);
                g_free(fetch->paths[i]);
                g_free(fetch->partials[i]);
        }
        g_clear_pointer(&fetch->seeds, g_ptr_array_unref);
        if (fetch->lock_fd >= 0)
                close(fetch->lock_fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fetch, fetch_clear)

static bool load_indexes(Fetch *fetch, const ServicePackage *package, GError **error)
{
        const char *paths[BLOB_COUNT] = {package->image_index, package->kernel_index, package->initrd_index};
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                if (!paths[blob])
                        continue;
                fetch->indexes[blob] = index_load(paths[blob], error);
                if (!fetch->indexes[blob]) {
                        g_prefix_error(error, "%s in '%s': ", blob_name(blob), fetch->entry->filename);
                        return false;
                }
                fetch->paths[blob] = blob_path(blob, fetch->request->output);
                fetch->partials[blob] = g_strconcat(fetch->paths[blob], ".partial", NULL);
        }
        return true;
}

/* What can never become an image is said before anything is fetched. */
static bool check_output(const char *output, GError **error)
{
        struct stat st;
        if (!*output || g_str_has_suffix(output, "/") || (stat(output, &st) == 0 && !S_ISREG(st.st_mode)))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' cannot be the image: name a file", output);
        return true;
}

/* Is the file that is open as `fd` still the one of that name? The call that held it may have renamed or
 * removed it. */
static bool is_file_of_name(int fd, const char *path)
{
        struct stat by_fd, by_name;
        return fstat(fd, &by_fd) == 0 && lstat(path, &by_name) == 0 && by_fd.st_ino == by_name.st_ino &&
               by_fd.st_dev == by_name.st_dev;
}

/* Two calls for one output would write into one partial file: its lock keeps them apart. */
static bool lock_output(Fetch *fetch, GError **error)
{
        const char *path = fetch->partials[BLOB_IMAGE];
        for (;;) {
                g_autofd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
                if (fd < 0)
                        return fail_errno(error, "cannot create '%s'", path);
                bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
                if (!locked && errno != EWOULDBLOCK)
                        return fail_errno(error, "cannot lock '%s'", path);
                if (!locked)
                        return fail(error, LAUTTA_ERROR_CONFLICT,
                                    "another call is fetching to '%s': wait for it, or choose another output",
                                    fetch->request->output);
                if (is_file_of_name(fd, path)) {
                        fetch->lock_fd = fd_steal(&fd);
                        return true;
                }
        }
}

/* What is complete need not be put together; the first wrong chunk tells that it is not. */
static bool find_done(Fetch *fetch, GError **error)
{
        for (Blob blob = 0; blob < BLOB_COUNT; blob++)
                if (fetch->indexes[blob] &&
                    !target_is_complete(fetch->indexes[blob], fetch->paths[blob], &fetch->done[blob], error))
                        return false;
        return true;
}

static bool add_targets(Fetch *fetch, GError **error)
{
        fetch->assembly = assembly_new(fetch->request->progress);
        for (Blob blob = 0; blob < BLOB_COUNT; blob++)
                if (fetch->indexes[blob] && !fetch->done[blob] &&
                    !assembly_add_target(fetch->assembly, fetch->indexes[blob], fetch->partials[blob], error))
                        return false;
        return true;
}

/* A seed's index lies beside it; without one, or with one that is none, it is made for this call. */
static Index *index_of_seed(const Fetch *fetch, const char *path, GError **error)
{
        g_autofree char *index_path = g_strconcat(path, ".caibx", NULL);
        Index *index = index_load(index_path, NULL);
        if (index)
                return index;
        g_autofree char *temporary = g_strconcat(fetch->partials[BLOB_IMAGE], ".seed.caibx", NULL);
        if (ingest_index_only(path, temporary, NULL, fetch->request->progress, error))
                index = index_load(temporary, error);
        unlink(temporary); /* a mapping outlives the name */
        return index;
}

static bool add_seed(Fetch *fetch, const char *path, GError **error)
{
        g_autoptr(Index) index = index_of_seed(fetch, path, error);
        if (!index) {
                g_prefix_error(error, "seed: ");
                return false;
        }
        Seed *seed = g_new(Seed, 1);
        *seed = (Seed){g_strdup(path), g_steal_pointer(&index)};
        g_ptr_array_add(fetch->seeds, seed);
        return true;
}

/* An image brings its kernel and initrd along as seeds, if it has them. */
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

static bool gather_seeds(Fetch *fetch, GError **error)
{
        fetch->seeds = g_ptr_array_new_with_free_func(seed_free);
        for (const char *const *seed = fetch->request->seeds; seed && *seed; seed++)
                if (!add_seed_family(fetch, *seed, true, error))
                        return false;
        /* What the output is now is a seed for what it shall be. */
        return add_seed_family(fetch, fetch->request->output, false, error);
}

static bool use_seeds(Fetch *fetch, SeedMode mode, GError **error)
{
        for (guint i = 0; i < fetch->seeds->len; i++) {
                const Seed *seed = g_ptr_array_index(fetch->seeds, i);
                if (!assembly_use_seed(fetch->assembly, seed->path, seed->index, mode, error))
                        return false;
        }
        return true;
}

static bool check_space(Fetch *fetch, GError **error)
{
        uint64_t free_bytes = 0, needed = assembly_missing_bytes(fetch->assembly) + SPARE_BYTES;
        if (!disk_free_bytes(fetch->partials[BLOB_IMAGE], &free_bytes, error))
                return false;
        if (needed <= free_bytes)
                return true;
        g_autofree char *needed_text = size_format(needed);
        g_autofree char *free_text = size_format(free_bytes);
        return fail(error, LAUTTA_ERROR_NO_SPACE, "'%s' still needs %s, but its disk has only %s free",
                    fetch->request->output, needed_text, free_text);
}

static size_t count_data_chunks(const Fetch *fetch)
{
        size_t count = 0;
        for (Blob blob = 0; blob < BLOB_COUNT; blob++)
                for (size_t i = 0; fetch->indexes[blob] && i < index_count(fetch->indexes[blob]); i++)
                        count += !index_is_zero(fetch->indexes[blob], i);
        return count;
}

/* A locator of another version would only be found out chunk by chunk. */
static bool locator_fits(const Fetch *fetch, const Locator *locator, const char *path, GError **error)
{
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                size_t count = 0;
                if (fetch->indexes[blob] && !locator_places(locator, fetch->indexes[blob], &count))
                        return fail(error, LAUTTA_ERROR_CORRUPT, "locator '%s' is of another %s", path,
                                    blob_name(blob));
        }
        return true;
}

static Locator *read_locator(Fetch *fetch, GError **error)
{
        const PackageEntry *entry = fetch->entry;
        g_autofree char *path = repository_locator_path(entry->service, entry->version, entry->architecture);
        g_autoptr(GBytes) bytes = remote_read(fetch->remote, path, LOCATOR_MAX_BYTES, error);
        g_autoptr(Locator) locator =
                bytes ? locator_parse(bytes, count_data_chunks(fetch), path, error) : NULL;
        return locator && locator_fits(fetch, locator, path, error) ? g_steal_pointer(&locator) : NULL;
}

static bool put_together(Fetch *fetch, GError **error)
{
        Progress *progress = fetch->request->progress;
        if (!gather_seeds(fetch, error) || !add_targets(fetch, error))
                return false;
        AssemblyStats before = assembly_stats(fetch->assembly);
        progress_begin(progress, "fetching", before.data_bytes);
        progress_add(progress, "there", before.present_bytes);
        if (!use_seeds(fetch, SEED_CLONE, error) || !check_space(fetch, error) ||
            !use_seeds(fetch, SEED_COPY, error))
                return false;
        if (assembly_missing_bytes(fetch->assembly) > 0) {
                g_autoptr(Locator) locator = read_locator(fetch, error);
                if (!locator || !assembly_fetch(fetch->assembly, locator, fetch->remote, error))
                        return false;
        }
        progress_end(progress);
        return assembly_finish(fetch->assembly, error);
}

static bool write_index(const Index *index, const char *path, GError **error)
{
        size_t size = 0;
        g_autofree char *target = g_strconcat(path, ".caibx", NULL);
        const void *data = g_bytes_get_data(index_bytes(index), &size);
        return file_write_atomically(target, data, size, 0644, error);
}

/* Take away a kernel or initrd of the version before that this one does not have; only if we made it. */
static void remove_leftover(const Fetch *fetch, Blob blob)
{
        g_autofree char *path = blob_path(blob, fetch->request->output);
        g_autofree char *index = g_strconcat(path, ".caibx", NULL);
        if (unlink(index) == 0)
                unlink(path);
        g_autofree char *partial = g_strconcat(path, ".partial", NULL);
        unlink(partial);
}

/* The image comes last: whoever sees it sees all. */
static bool show(Fetch *fetch, GError **error)
{
        static const Blob order[] = {BLOB_KERNEL, BLOB_INITRD, BLOB_IMAGE};
        for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
                Blob blob = order[i];
                if (!fetch->indexes[blob]) {
                        remove_leftover(fetch, blob);
                        continue;
                }
                if (fetch->done[blob])
                        unlink(fetch->partials[blob]);
                else if (!file_commit(fetch->partials[blob], fetch->paths[blob], error))
                        return false;
                if (!write_index(fetch->indexes[blob], fetch->paths[blob], error))
                        return false;
        }
        return true;
}

static bool fetch_package(Fetch *fetch, const ServicePackage *package, FetchResult *result, GError **error)
{
        if (!load_indexes(fetch, package, error) || !lock_output(fetch, error) || !find_done(fetch, error))
                return false;
        result->was_there = true;
        for (Blob blob = 0; blob < BLOB_COUNT; blob++)
                result->was_there = result->was_there && (fetch->done[blob] || !fetch->indexes[blob]);
        if (!result->was_there && !put_together(fetch, error))
                return false;
        if (fetch->assembly)
                result->content = assembly_stats(fetch->assembly);
        return show(fetch, error);
}

static bool fetch_once(Remote *remote, const DepotOptions *options, const FetchRequest *request,
                       FetchResult *result, GError **error)
{
        *result = (FetchResult){0};
        g_autoptr(Depot) depot = depot_open(remote, options, error);
        if (!depot)
                return false;
        g_auto(Fetch) fetch = {.remote = remote, .request = request, .lock_fd = -1};
        fetch.entry = depot_find(depot, request->service, request->version, request->architecture, error);
        if (!fetch.entry)
                return false;
        g_strlcpy(result->version, fetch.entry->version, sizeof result->version);
        g_strlcpy(result->architecture, fetch.entry->architecture, sizeof result->architecture);
        g_autoptr(ServicePackage) package = depot_read_package(depot, fetch.entry, error);
        return package && fetch_package(&fetch, package, result, error);
}

bool fetch_service(Remote *remote, const DepotOptions *options, const FetchRequest *request,
                   FetchResult *result, GError **error)
{
        g_autoptr(GError) first = NULL;
        *result = (FetchResult){0};
        if (!check_output(request->output, error))
                return false;
        if (fetch_once(remote, options, request, result, &first))
                return true;
        /* A depot that changes under a reader loses files that the reader knows of: look once more at what it
         * has. */
        if (!error_is(first, LAUTTA_ERROR_NOT_FOUND) || !result->version[0]) {
                g_propagate_error(error, g_steal_pointer(&first));
                return false;
        }
        return fetch_once(remote, options, request, result, error);
}
