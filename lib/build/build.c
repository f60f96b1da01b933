/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "build.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bootstrap.h"
#include "debcache.h"
#include "digest.h"
#include "diskfile.h"
#include "errors.h"
#include "files.h"
#include "kernel.h"
#include "outputs.h"
#include "root.h"
#include "sources.h"
#include "sparse.h"
#include "workplace.h"

typedef struct {
        const BuildRequest *request;
        Workplace place;
        Outputs outputs;
        unsigned package_count;
} Build;

static void build_clear(Build *build)
{
        outputs_clear(&build->outputs);
        workplace_close(&build->place);
}

static void tell(const Build *build, const char *what)
{
        if (build->request->phase)
                build->request->phase(what);
}

/* UUID and hash seed are the same for every version of a service: images differ only where their content
 * does. */
static char *uuid_of(const char *service)
{
        g_autofree char *name = g_strconcat("lautta image ", service, NULL);
        uint8_t d[DIGEST_BYTES];
        digest_sha256(name, strlen(name), d);
        d[6] = (uint8_t)((d[6] & 0x0f) | 0x80);
        d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
        return g_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0],
                               d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12],
                               d[13], d[14], d[15]);
}

static char *choose_sources(const BuildRequest *request, GError **error)
{
        const char *suite = request->description->build->suite;
        g_autoptr(GPtrArray) machine = sources_of_machine(error);
        if (!machine)
                return NULL;
        if (request->mirror)
                return sources_for_mirror(machine, request->mirror, suite);
        return sources_for_suite(machine, suite, error);
}

/* Keep the log of a failed build next to the image's path. */
static void keep_log(const Build *build, const char *log, GError **error)
{
        g_autofree char *kept = outputs_beside(build->request->image, ".log");
        if (access(log, F_OK) == 0 && sparse_copy(log, kept, NULL) && error && *error) {
                g_autoptr(GError) before = *error;
                *error = NULL;
                fail(error, (LauttaErrorCode)before->code, "%s\nThe whole log is in '%s'.", before->message,
                     kept);
        }
}

static bool run_bootstrap(Build *build, const char *tar, const char *sources, GError **error)
{
        g_autofree char *log = workplace_file(&build->place, "log");
        g_autofree char *work = workplace_file(&build->place, "");
        g_autofree char *debs = workplace_file(&build->place, "debs");
        g_autofree char *used = workplace_file(&build->place, "debs-used");
        g_autofree char *cache = debcache_open(sources, error);
        if (!cache || !debcache_take(cache, debs, error) || !directory_make(used, 0755, error))
                return false;
        Bootstrap bootstrap = {.description = build->request->description,
                               .sources = sources,
                               .work = work,
                               .tar = tar,
                               .log = log};
        if (!bootstrap_run(&bootstrap, error)) {
                keep_log(build, log, error);
                return false;
        }
        return true;
}

static bool check_kernel(const Build *build, const RootSurvey *survey, GError **error)
{
        const ServiceDescription *description = build->request->description;
        if (description->boot != BOOT_KERNEL || survey->kernel)
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "'boot: kernel' but no kernel among the packages: add linux-image-cloud-%s to image.build.packages, or write 'boot: host-kernel'",
                description->architecture);
}

/* Add inodes, directories and the journal to the data blocks. */
static bool check_size(const Build *build, const RootSurvey *survey, GError **error)
{
        uint64_t size = build->request->description->build->size_bytes, free_bytes = 0;
        uint64_t need = survey->content_bytes + survey->content_bytes / 16 + (UINT64_C(16) << 20);
        if (!disk_free_bytes(build->request->image, &free_bytes, error))
                return false;
        if (free_bytes < need)
                return fail(error, LAUTTA_ERROR_NO_SPACE,
                            "the image needs about %" G_GUINT64_FORMAT
                            " MB beside '%s', where %" G_GUINT64_FORMAT " MB are free",
                            need / 1000000, build->request->image, free_bytes / 1000000);
        if (survey->content_bytes <= size)
                return true;
        return fail(error, LAUTTA_ERROR_USAGE,
                    "image.build.size is too small: the files alone take %" G_GUINT64_FORMAT
                    "M, the size is %" G_GUINT64_FORMAT "M; %" G_GUINT64_FORMAT "M would do",
                    survey->content_bytes >> 20, size >> 20, need >> 20);
}

/* A full file system is a mistake in the description, which gives its size; the disk has room. */
static bool explain_full(GError **error)
{
        if (error && error_is(*error, LAUTTA_ERROR_CONFLICT)) {
                (*error)->code = LAUTTA_ERROR_USAGE;
                g_prefix_error(error, "image.build.size is too small: ");
        }
        return false;
}

static bool write_image(Build *build, const char *tar, const RootSurvey *survey, GError **error)
{
        const ServiceDescription *description = build->request->description;
        bool with_kernel = description->boot == BOOT_KERNEL;
        g_autofree char *uuid = uuid_of(description->service);
        RootWrite write = {
                .tar = tar,
                .survey = survey,
                .image = build->outputs.partial[OUTPUT_IMAGE],
                .size_bytes = description->build->size_bytes,
                .uuid = uuid,
                .uncompress_kernels = with_kernel,
                .kernel_out = with_kernel ? build->outputs.partial[OUTPUT_KERNEL] : NULL,
                .initrd_out = with_kernel ? build->outputs.partial[OUTPUT_INITRD] : NULL,
                .progress = build->request->progress,
        };
        if (!root_write(&write, error))
                return explain_full(error);
        return file_write_atomically(build->outputs.partial[OUTPUT_PACKAGES], survey->packages,
                                     strlen(survey->packages), 0644, error);
}

static bool build_from_packages(Build *build, GError **error)
{
        const BuildRequest *request = build->request;
        g_autofree char *tar = workplace_file(&build->place, "root.tar");
        g_autofree char *used = workplace_file(&build->place, "debs-used");
        if (!bootstrap_check(request->description, error))
                return false;
        g_autofree char *sources = choose_sources(request, error);
        if (!sources)
                return false;
        tell(build, "installing packages");
        /* Files that scripts make must not depend on the builder's umask. */
        mode_t before = umask(022);
        bool good = run_bootstrap(build, tar, sources, error);
        umask(before);
        if (!good)
                return false;
        g_autoptr(RootSurvey) survey = root_survey(tar, error);
        g_autofree char *cache = debcache_open(sources, error);
        if (!survey || !cache || !debcache_give(cache, used, survey->packages, error) ||
            !check_kernel(build, survey, error) || !check_size(build, survey, error))
                return false;
        build->package_count = survey->package_count;
        tell(build, "making the file system");
        return write_image(build, tar, survey, error);
}

typedef GBytes *Uncompress(GBytes *, GError **);

static bool take_file(const Build *build, const char *name, size_t max_bytes, Uncompress *uncompress,
                      const char *to, GError **error)
{
        if (!name)
                return true;
        g_autofree char *from = description_path(build->request->description, name);
        g_autoptr(GBytes) compressed = file_read(from, max_bytes, error);
        if (!compressed)
                return false;
        g_autoptr(GBytes) plain = uncompress(compressed, error);
        if (!plain) {
                g_prefix_error(error, "'%s': ", from);
                return false;
        }
        size_t size = 0;
        const void *data = g_bytes_get_data(plain, &size);
        return file_write_atomically(to, data, size, 0644, error);
}

static bool build_from_file(Build *build, GError **error)
{
        const ServiceDescription *description = build->request->description;
        g_autofree char *from = description_path(description, description->image_file);
        tell(build, "converting the image");
        return diskfile_convert(from, build->outputs.partial[OUTPUT_IMAGE], error) &&
               take_file(build, description->kernel_file, KERNEL_MAX_BYTES, kernel_uncompress,
                         build->outputs.partial[OUTPUT_KERNEL], error) &&
               take_file(build, description->initrd_file, INITRD_MAX_BYTES, kernel_uncompress_initrd,
                         build->outputs.partial[OUTPUT_INITRD], error);
}

static uint64_t size_of(const char *image, const char *ending, uint64_t *disk_bytes)
{
        struct stat st;
        g_autofree char *path = outputs_beside(image, ending);
        if (stat(path, &st) != 0)
                return 0;
        if (disk_bytes)
                *disk_bytes = (uint64_t)st.st_blocks * 512;
        return (uint64_t)st.st_size;
}

static void fill_result(const Build *build, BuildResult *result)
{
        const char *image = build->request->image;
        result->image_bytes = size_of(image, "", &result->disk_bytes);
        result->kernel_bytes = size_of(image, outputs_endings[OUTPUT_KERNEL], NULL);
        result->initrd_bytes = size_of(image, outputs_endings[OUTPUT_INITRD], NULL);
        result->package_count = build->package_count;
}

bool build_image(const BuildRequest *request, BuildResult *result, GError **error)
{
        __attribute__((cleanup(build_clear))) Build build = {.request = request};
        g_autofree char *log = outputs_beside(request->image, ".log");
        if (!outputs_check(request->image, error) || !workplace_open(&build.place, request->image, error) ||
            !outputs_open(&build.outputs, request->image, error))
                return false;
        bool good = request->description->build ? build_from_packages(&build, error)
                                                : build_from_file(&build, error);
        if (!good || !outputs_commit(&build.outputs, error))
                return false;
        unlink(log);
        fill_result(&build, result);
        return true;
}
