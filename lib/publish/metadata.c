/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "deb822.h"
#include "errors.h"
#include "files.h"
#include "keys.h"
#include "layout.h"
#include "packages.h"
#include "process.h"

enum { ZSTD_LEVEL = 12, DESCRIPTION_OUTPUT_MAX_BYTES = 1024 * 1024 };

#define BY_HASH "by-hash/SHA256" /* below the directory of the Packages files */

const char *const metadata_architectures[] = {"amd64", "arm64", NULL};

static bool count_paragraph(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        (*(size_t *)user)++;
        return true;
}

GBytes *metadata_describe(const char *root, const char *path, GError **error)
{
        const char *const argv[] = {"apt-ftparchive", "--md5=no", "--sha1=no", "--sha512=no",
                                    "packages",       path,       NULL};
        Process apt = {.argv = argv, .directory = root, .max_output_bytes = DESCRIPTION_OUTPUT_MAX_BYTES};
        g_autoptr(GBytes) output = NULL;
        size_t count = 0;
        if (!process_run(&apt, &output, NULL, error) ||
            !deb822_parse(output, "apt-ftparchive", count_paragraph, &count, error))
                return NULL;
        if (count == 1)
                return g_steal_pointer(&output);
        fail(error, LAUTTA_ERROR_CORRUPT, "'%s': apt-ftparchive finds %zu packages in it", path, count);
        return NULL;
}

static GBytes *compress_gzip(GBytes *text, GError **error)
{
        g_autoptr(GZlibCompressor) gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
        g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
        g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(gzip));
        if (!g_output_stream_write_all(stream, g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL,
                                       NULL, error) ||
            !g_output_stream_close(stream, NULL, error))
                return NULL;
        return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

static GBytes *compress_zstd(GBytes *text, GError **error)
{
        size_t bound = ZSTD_compressBound(g_bytes_get_size(text));
        g_autofree char *data = g_malloc(bound);
        size_t size =
                ZSTD_compress(data, bound, g_bytes_get_data(text, NULL), g_bytes_get_size(text), ZSTD_LEVEL);
        if (ZSTD_isError(size)) {
                fail(error, LAUTTA_ERROR_SYSTEM, "cannot compress: %s", ZSTD_getErrorName(size));
                return NULL;
        }
        return g_bytes_new_take(g_steal_pointer(&data), size);
}

static bool write_bytes(const char *directory, const char *name, GBytes *bytes, GError **error)
{
        g_autofree char *path = g_build_filename(directory, name, NULL);
        return file_write_atomically(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), 0644,
                                     error);
}

/* Write Packages in its three forms below `stage`, at the same paths as below dists/SUITE. */
static bool stage_packages(const char *stage, const char *architecture, GBytes *text, GError **error)
{
        g_autofree char *packages = layout_packages_directory(architecture);
        g_autofree char *directory = g_build_filename(stage, packages, NULL);
        if (!directory_make(directory, 0755, error))
                return false;
        g_autoptr(GBytes) gzip = compress_gzip(text, error);
        g_autoptr(GBytes) zstd = gzip ? compress_zstd(text, error) : NULL;
        return zstd && write_bytes(directory, "Packages", text, error) &&
               write_bytes(directory, "Packages.gz", gzip, error) &&
               write_bytes(directory, "Packages.zst", zstd, error);
}

static void add_option(GPtrArray *argv, const char *field, const char *value)
{
        g_ptr_array_add(argv, g_strdup("-o"));
        g_ptr_array_add(argv, g_strdup_printf("APT::FTPArchive::Release::%s=%s", field, value));
}

static GPtrArray *release_arguments(const Metadata *metadata)
{
        const DepotConf *conf = metadata->conf;
        g_autofree char *date = release_date_format(metadata->date);
        g_autofree char *architectures = g_strjoinv(" ", (char **)(void *)metadata_architectures);
        GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
        static const char *const begin[] = {"apt-ftparchive", "--md5=no", "--sha1=no", "--sha512=no"};
        for (size_t i = 0; i < G_N_ELEMENTS(begin); i++)
                g_ptr_array_add(argv, g_strdup(begin[i]));
        add_option(argv, "Origin", conf->origin);
        add_option(argv, "Label", conf->origin);
        add_option(argv, "Suite", conf->suite);
        add_option(argv, "Codename", conf->suite);
        add_option(argv, "Date", date);
        add_option(argv, "Acquire-By-Hash", "yes");
        add_option(argv, "Architectures", architectures);
        add_option(argv, "Components", "main");
        g_ptr_array_add(argv, g_strdup("release"));
        g_ptr_array_add(argv, g_strdup("."));
        g_ptr_array_add(argv, NULL);
        return argv;
}

/* Returns: owned text of the Release file for the files in `stage`. */
static GBytes *make_release(const Metadata *metadata, const char *stage, GError **error)
{
        g_autoptr(GPtrArray) argv = release_arguments(metadata);
        Process apt = {.argv = (const char *const *)argv->pdata,
                       .directory = stage,
                       .max_output_bytes = RELEASE_MAX_BYTES};
        g_autoptr(GBytes) output = NULL;
        if (!process_run(&apt, &output, NULL, error))
                return NULL;
        /* apt-ftparchive counts Valid-Until from its own clock, not from metadata->date. */
        g_autofree char *until = release_date_format(metadata->date + (int64_t)metadata->conf->valid_seconds);
        g_autoptr(GString) text = g_string_new(NULL);
        g_string_append_printf(text, "Lautta-Depot: %s\nValid-Until: %s\n", metadata->conf->id, until);
        g_string_append_len(text, g_bytes_get_data(output, NULL), (gssize)g_bytes_get_size(output));
        return g_string_free_to_bytes(g_steal_pointer(&text));
}

static char *by_hash_path(const Metadata *metadata, const ReleaseFile *file)
{
        g_autofree char *hex = digest_to_hex(file->sha256);
        return layout_by_hash_path(metadata->conf->suite, file->path, hex);
}

static bool place_by_hash(const Metadata *metadata, const char *stage, const Release *release, GError **error)
{
        for (guint i = 0; i < release->files->len; i++) {
                const ReleaseFile *file = release->files->pdata[i];
                g_autofree char *from = g_build_filename(stage, file->path, NULL);
                g_autofree char *to = by_hash_path(metadata, file);
                if (!tree_place(metadata->tree, from, to, error))
                        return false;
        }
        return true;
}

/* Set the file's time to the Date. Web servers compare it in whole seconds to answer "not modified": the Date
 * differs between two states, the clock may not. */
static bool set_time(const char *path, int64_t date, GError **error)
{
        const struct timespec times[] = {{.tv_sec = date}, {.tv_sec = date}};
        return utimensat(AT_FDCWD, path, times, 0) == 0 ||
               fail_errno(error, "cannot set the time of '%s'", path);
}

static bool place_in_release(const Metadata *metadata, GBytes *text, GError **error)
{
        g_autoptr(GBytes) message = keys_sign(metadata->conf->key, text, error);
        if (!message)
                g_prefix_error(error, "InRelease must be signed by the release key: ");
        g_autofree char *from = g_build_filename(metadata->work, "InRelease", NULL);
        g_autofree char *to = layout_in_release_path(metadata->conf->suite);
        return message && write_bytes(metadata->work, "InRelease", message, error) &&
               set_time(from, metadata->date, error) && tree_place(metadata->tree, from, to, error);
}

static char *digest_bytes(GBytes *bytes)
{
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), digest);
        return digest_to_hex(digest);
}

/* Returns: owned path, relative to the depot, of a file of that architecture's directory. */
static char *packages_path(const Metadata *metadata, const char *architecture, const char *name)
{
        g_autofree char *directory = layout_packages_directory(architecture);
        g_autofree char *path = g_build_filename(directory, name, NULL);
        return layout_release_file_path(metadata->conf->suite, path);
}

/* Set the time of the current by-hash files to now: they become old at the commit, and their age counts from
 * here. */
static void touch_by_hash(const Metadata *metadata, const char *architecture)
{
        static const char *const names[] = {"Packages", "Packages.gz", "Packages.zst"};
        g_autofree char *path = packages_path(metadata, architecture, BY_HASH);
        g_autofd directory = tree_open_directory(metadata->tree, path, NULL);
        for (size_t i = 0; directory >= 0 && i < G_N_ELEMENTS(names); i++) {
                g_autofree char *inside = packages_path(metadata, architecture, names[i]);
                g_autofree char *plain = g_build_filename(metadata->root, inside, NULL);
                g_autoptr(GBytes) bytes = file_read(plain, PACKAGES_MAX_BYTES, NULL);
                if (!bytes)
                        continue;
                g_autofree char *hex = digest_bytes(bytes);
                utimensat(directory, hex, NULL, AT_SYMLINK_NOFOLLOW);
        }
}

bool metadata_publish(const Metadata *metadata, GHashTable *texts, bool *committed, GError **error)
{
        g_autofree char *stage = g_build_filename(metadata->work, "dists", NULL);
        if (!directory_remove(stage, error) || !directory_make(stage, 0755, error))
                return false;
        for (const char *const *architecture = metadata_architectures; *architecture; architecture++) {
                touch_by_hash(metadata, *architecture);
                if (!stage_packages(stage, *architecture, g_hash_table_lookup(texts, *architecture), error))
                        return false;
        }
        g_autoptr(GBytes) text = make_release(metadata, stage, error);
        g_autoptr(Release) release = text ? release_parse(text, "Release", error) : NULL;
        if (!release || !place_by_hash(metadata, stage, release, error) ||
            !place_in_release(metadata, text, error))
                return false;
        *committed = true;
        return directory_remove(stage, error) && metadata_finish(metadata, release, error);
}

/* True if the release names a file of that digest in binary-ARCHITECTURE/. */
static bool is_current(const Release *release, const char *architecture, const char *hex)
{
        g_autofree char *name = layout_packages_directory(architecture);
        g_autofree char *directory = g_strconcat(name, "/", NULL);
        uint8_t digest[DIGEST_BYTES];
        if (!digest_from_hex(hex, digest))
                return false;
        for (guint i = 0; i < release->files->len; i++) {
                const ReleaseFile *file = release->files->pdata[i];
                if (memcmp(file->sha256, digest, DIGEST_BYTES) == 0 &&
                    g_str_has_prefix(file->path, directory))
                        return true;
        }
        return false;
}

static bool is_old(int directory, const char *name)
{
        struct stat st;
        int64_t now = g_get_real_time() / G_USEC_PER_SEC;
        return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
               st.st_mtim.tv_sec + METADATA_KEEP_SECONDS <= now;
}

static bool drop_old(const Metadata *metadata, const Release *release, const char *architecture,
                     GError **error)
{
        g_autofree char *path = packages_path(metadata, architecture, BY_HASH);
        g_autofree char *full = g_build_filename(metadata->root, path, NULL);
        g_autofd directory = tree_open_directory(metadata->tree, path, NULL);
        g_autoptr(GDir) names = directory >= 0 ? g_dir_open(full, 0, NULL) : NULL;
        for (const char *name; names && (name = g_dir_read_name(names));) {
                if (is_current(release, architecture, name) || !is_old(directory, name))
                        continue;
                if (unlinkat(directory, name, 0) != 0 && errno != ENOENT)
                        return fail_errno(error, "cannot remove '%s/%s'", full, name);
        }
        return true;
}

/* True if the file at `path` has the size and digest that the release gives. */
static bool is_as_listed(const char *path, const ReleaseFile *file)
{
        g_autoptr(GBytes) bytes = file_read(path, PACKAGES_MAX_BYTES, NULL);
        if (!bytes || g_bytes_get_size(bytes) != file->size_bytes)
                return false;
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), digest);
        return memcmp(digest, file->sha256, DIGEST_BYTES) == 0;
}

static bool finish_file(const Metadata *metadata, const ReleaseFile *file, GError **error)
{
        g_autofree char *from = by_hash_path(metadata, file);
        g_autofree char *to = layout_release_file_path(metadata->conf->suite, file->path);
        g_autofree char *hashed = g_build_filename(metadata->root, from, NULL);
        g_autofree char *plain = g_build_filename(metadata->root, to, NULL);
        if (is_as_listed(plain, file))
                return true;
        g_autoptr(GBytes) bytes = file_read(hashed, PACKAGES_MAX_BYTES, error);
        g_autofree char *temporary = g_build_filename(metadata->work, "plain", NULL);
        return bytes && write_bytes(metadata->work, "plain", bytes, error) &&
               tree_place(metadata->tree, temporary, to, error);
}

bool metadata_finish(const Metadata *metadata, const Release *release, GError **error)
{
        for (guint i = 0; i < release->files->len; i++)
                if (!finish_file(metadata, release->files->pdata[i], error))
                        return false;
        for (const char *const *architecture = metadata_architectures; *architecture; architecture++)
                if (!drop_old(metadata, release, *architecture, error))
                        return false;
        return true;
}
