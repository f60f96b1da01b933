/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "description_check.h"

#include <string.h>

#include "errors.h"

typedef struct {
        ServiceDescription *description;
        const SchemaLines *lines;
        const char *name;
} Check;

static bool given(const Check *check, const char *path)
{
        return schema_line(check->lines, path) > 0;
}

/* Fail with a message that begins with the file, the line of `path`, and `path`. */
static bool refuse(const Check *check, const char *path, const char *why, GError **error)
{
        return fail(error, LAUTTA_ERROR_USAGE, "%s:%u: %s: %s", check->name, schema_line(check->lines, path),
                    path, why);
}

static ServiceBoot default_boot(const ServiceDescription *description)
{
        if (description->kind == KIND_CONTAINER)
                return BOOT_HOST_KERNEL;
        if (description->kind == KIND_HOST || description->image_file)
                return BOOT_FIRMWARE;
        return BOOT_KERNEL;
}

static bool check_image(const Check *check, GError **error)
{
        const ServiceDescription *description = check->description;
        if (description->build && description->image_file)
                return refuse(check, "image.file", "an image has 'build' or 'file', not both", error);
        if (!description->build && !description->image_file)
                return refuse(check, "image", "one of 'build' and 'file' must be given", error);
        bool takes_kernel = description->image_file && description->boot == BOOT_KERNEL;
        if (description->kernel_file && !takes_kernel)
                return refuse(check, "image.kernel", "goes with 'image.file' and 'boot: kernel' only", error);
        if (description->initrd_file && !takes_kernel)
                return refuse(check, "image.initrd", "goes with 'image.file' and 'boot: kernel' only", error);
        if (takes_kernel && !description->kernel_file)
                return refuse(check, "boot", "'kernel' needs 'image.kernel' beside 'image.file'", error);
        return true;
}

static bool check_boot(const Check *check, GError **error)
{
        const ServiceDescription *description = check->description;
        if (description->kind == KIND_CONTAINER && description->boot != BOOT_HOST_KERNEL)
                return refuse(check, "boot",
                              "a container runs on the host's kernel: write host-kernel or leave it out",
                              error);
        if (description->kind == KIND_HOST && description->boot != BOOT_FIRMWARE)
                return refuse(
                        check, "boot",
                        "a host's image is started by the host's firmware: write firmware or leave it out",
                        error);
        if (description->kind == KIND_VM && description->build && description->boot == BOOT_FIRMWARE)
                return refuse(check, "boot",
                              "an image that is built has no boot loader: write kernel or host-kernel",
                              error);
        return true;
}

/* Machines of arm64 have no BIOS. */
static bool take_firmware(const Check *check, GError **error)
{
        ServiceDescription *description = check->description;
        bool has_bios = strcmp(description->architecture, "amd64") == 0;
        if (!given(check, "firmware"))
                description->firmware = has_bios ? FIRMWARE_BIOS : FIRMWARE_UEFI;
        else if (description->boot != BOOT_FIRMWARE)
                return refuse(check, "firmware", "goes with 'boot: firmware' only", error);
        else if (description->firmware == FIRMWARE_BIOS && !has_bios)
                return refuse(check, "firmware", "arm64 has no BIOS: write uefi or leave it out", error);
        return true;
}

static bool check_cmdline(const Check *check, GError **error)
{
        const ServiceDescription *description = check->description;
        if (description->cmdline && description->kind == KIND_CONTAINER)
                return refuse(check, "cmdline", "a container has no kernel of its own", error);
        if (description->cmdline && description->boot == BOOT_FIRMWARE)
                return refuse(check, "cmdline",
                              "with 'boot: firmware' the disk's boot loader has the options", error);
        return true;
}

static bool check_needs(const Check *check, GError **error)
{
        g_autofree char *why = g_strdup_printf("it names more than %d services", NEEDS_MAX);
        return g_strv_length(check->description->needs) <= NEEDS_MAX || refuse(check, "needs", why, error);
}

static bool take_update(const Check *check, GError **error)
{
        ServiceDescription *description = check->description;
        bool is_given = given(check, "update");
        bool has_volumes = description->volumes->len > 0;
        if (!is_given)
                description->update = has_volumes || *description->needs || description->lan
                                              ? UPDATE_EXCLUSIVE
                                              : UPDATE_BESIDE;
        if (description->update == UPDATE_BESIDE && has_volumes)
                return refuse(
                        check, "update",
                        "'beside' is not possible with volumes, which both versions would write to: write exclusive or leave it out",
                        error);
        if (description->update == UPDATE_BESIDE && description->lan)
                return refuse(
                        check, "update",
                        "'beside' is not possible with 'network.lan', where both versions would have the same MAC: write exclusive or leave it out",
                        error);
        return true;
}

/* Returns: an element that both have and only one may have, or NULL. */
static const char *common(const ServiceVolume *a, const ServiceVolume *b, const char **how)
{
        *how = "";
        if (strcmp(a->name, b->name) != 0 && strncmp(a->name, b->name, VOLUME_LABEL_MAX) == 0)
                *how = " first 16 characters, which its disk is known by";
        return strncmp(a->name, b->name, VOLUME_LABEL_MAX) == 0 ? "name"
               : strcmp(a->at, b->at) == 0                      ? "at"
                                                                : NULL;
}

static bool check_volumes(const Check *check, GError **error)
{
        const GPtrArray *volumes = check->description->volumes;
        const char *how = NULL;
        for (unsigned i = 0; i < volumes->len; i++)
                for (unsigned j = 0; j < i; j++) {
                        const char *twice = common(volumes->pdata[j], volumes->pdata[i], &how);
                        if (!twice)
                                continue;
                        g_autofree char *path = g_strdup_printf("volumes[%u].%s", i, twice);
                        g_autofree char *why = g_strdup_printf("volumes[%u] has the same%s", j, how);
                        return refuse(check, path, why, error);
                }
        return true;
}

static bool check_forwards(const Check *check, GError **error)
{
        const GPtrArray *forwards = check->description->forwards;
        for (unsigned i = 0; i < forwards->len; i++)
                for (unsigned j = 0; j < i; j++) {
                        const ServiceForward *a = forwards->pdata[j], *b = forwards->pdata[i];
                        if (a->host_port != b->host_port || a->protocol != b->protocol)
                                continue;
                        g_autofree char *path = g_strdup_printf("network.forward[%u].host", i);
                        g_autofree char *why = g_strdup_printf(
                                "the host's port %u goes to network.forward[%u] already", b->host_port, j);
                        return refuse(check, path, why, error);
                }
        return true;
}

static bool take_health(const Check *check, DescriptionDraft *draft, GError **error)
{
        ServiceDescription *description = check->description;
        if (draft->health_http && draft->health_tcp)
                return refuse(check, "health.tcp", "health is checked by 'http' or 'tcp', not both", error);
        if (given(check, "health.within") && !draft->health_http && !draft->health_tcp)
                return refuse(check, "health.within", "needs 'http' or 'tcp'", error);
        description->health = draft->health_http ? HEALTH_HTTP : draft->health_tcp ? HEALTH_TCP : HEALTH_NONE;
        description->health_target = g_strdup(draft->health_http ? draft->health_http : draft->health_tcp);
        return true;
}

bool description_check(DescriptionDraft *draft, const SchemaLines *lines, const char *name, GError **error)
{
        ServiceDescription *description = &draft->description;
        Check check = {description, lines, name};
        if (!given(&check, "boot"))
                description->boot = default_boot(description);
        return check_image(&check, error) && check_boot(&check, error) && take_firmware(&check, error) &&
               check_cmdline(&check, error) && check_needs(&check, error) && take_update(&check, error) &&
               check_volumes(&check, error) && check_forwards(&check, error) &&
               take_health(&check, draft, error);
}
