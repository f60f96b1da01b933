/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "description.h"

#include <string.h>

#include "description_check.h"
#include "description_text.h"
#include "errors.h"
#include "files.h"
#include "schema_yaml.h"
#include "yaml_guard.h"

#define MIB (UINT64_C(1024) * 1024)
#define TIB (MIB * MIB)

/* Longer than allowed, so that this module itself can refuse a file that is too long. */
enum { READ_MAX_BYTES = 16 * DESCRIPTION_MAX_BYTES };

#if defined(__aarch64__)
#define BUILDERS_ARCHITECTURE "arm64"
#else
#define BUILDERS_ARCHITECTURE "amd64"
#endif

static const char *const kinds[] = {"vm", "container", "host", NULL};
static const char *const boots[] = {"kernel", "host-kernel", "firmware", NULL};
static const char *const firmwares[] = {"bios", "uefi", NULL};
static const char *const updates[] = {"beside", "exclusive", NULL};
static const char *const roots[] = {"keep", "reset", NULL};
static const char *const architectures[] = {"amd64", "arm64", NULL};
static const char *const protocols[] = {"tcp", "udp", NULL};
static const char *const variants[] = {"minbase", "apt", "essential", "important", "standard", NULL};

static bool check_architecture(const char *text, GError **error)
{
        if (g_strv_contains(architectures, text))
                return true;
        return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not one of: amd64, arm64", text);
}

static bool check_service_or_all(const char *text, GError **error)
{
        return strcmp(text, "*") == 0 || check_service_name(text, error);
}

static bool check_variant(const char *text, GError **error)
{
        if (g_strv_contains(variants, text))
                return true;
        g_autofree char *allowed = g_strjoinv(", ", (GStrv)variants);
        return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not one of: %s", text, allowed);
}

static void copy_free(void *data)
{
        ServiceCopy *copy = data;
        g_free(copy->from);
        g_free(copy->to);
        g_free(copy);
}

static void volume_free(void *data)
{
        ServiceVolume *volume = data;
        g_free(volume->name);
        g_free(volume->at);
        g_free(volume);
}

static void allow_free(void *data)
{
        ServiceAllow *allow = data;
        g_free(allow->from);
        g_free(allow);
}

static void build_free(ServiceBuild *build)
{
        if (!build)
                return;
        g_free(build->suite);
        g_free(build->variant);
        g_strfreev(build->packages);
        g_strfreev(build->sources);
        g_strfreev(build->customize);
        g_clear_pointer(&build->copy, g_ptr_array_unref);
        g_free(build);
}

#define FIELD(structure, field) offsetof(structure, field)

static const SchemaKey copy_keys[] = {
        {"from", SCHEMA_TEXT, FIELD(ServiceCopy, from), .required = true, .check = check_relative_path},
        {"to", SCHEMA_TEXT, FIELD(ServiceCopy, to), .required = true, .check = check_copy_target},
        {0},
};
static const SchemaLevel copy_level = {copy_keys, sizeof(ServiceCopy), copy_free};

static const SchemaKey build_keys[] = {
        {"suite", SCHEMA_TEXT, FIELD(ServiceBuild, suite), .fallback = "bookworm", .check = check_suite},
        {"variant", SCHEMA_TEXT, FIELD(ServiceBuild, variant), .fallback = "minbase", .check = check_variant},
        {"packages", SCHEMA_TEXTS, FIELD(ServiceBuild, packages), .check = check_package},
        {"sources", SCHEMA_TEXTS, FIELD(ServiceBuild, sources), .check = check_source},
        {"copy", SCHEMA_STRUCTS, FIELD(ServiceBuild, copy), .level = &copy_level},
        {"customize", SCHEMA_TEXTS, FIELD(ServiceBuild, customize), .check = check_relative_path},
        {"size", SCHEMA_SIZE, FIELD(ServiceBuild, size_bytes), .fallback = "2G", .min = 16 * MIB,
         .max = 16 * TIB, .multiple = 4096},
        {0},
};
static const SchemaLevel build_level = {build_keys, sizeof(ServiceBuild), NULL};

static const SchemaKey image_keys[] = {
        {"build", SCHEMA_STRUCT, FIELD(ServiceDescription, build), .level = &build_level},
        {"file", SCHEMA_TEXT, FIELD(ServiceDescription, image_file), .check = NULL},
        {"kernel", SCHEMA_TEXT, FIELD(ServiceDescription, kernel_file), .check = NULL},
        {"initrd", SCHEMA_TEXT, FIELD(ServiceDescription, initrd_file), .check = NULL},
        {0},
};
static const SchemaLevel image_level = {image_keys, 0, NULL};

static const SchemaKey resource_keys[] = {
        {"memory", SCHEMA_SIZE, FIELD(ServiceDescription, memory_bytes), .fallback = "256M", .min = 16 * MIB,
         .max = 16 * TIB, .multiple = 4096},
        {"cpus", SCHEMA_COUNT, FIELD(ServiceDescription, cpus), .fallback = "1", .min = 1, .max = 256},
        {"swap", SCHEMA_SIZE, FIELD(ServiceDescription, swap_bytes), .fallback = "0", .max = 16 * TIB,
         .multiple = 4096},
        {"disk", SCHEMA_SIZE, FIELD(ServiceDescription, disk_bytes), .fallback = "4G", .min = 32 * MIB,
         .max = 16 * TIB, .multiple = 4096},
        {"processes", SCHEMA_COUNT, FIELD(ServiceDescription, processes), .fallback = "4096", .min = 16,
         .max = 4194304},
        {0},
};
static const SchemaLevel resource_level = {resource_keys, 0, NULL};

static const SchemaKey volume_keys[] = {
        {"name", SCHEMA_TEXT, FIELD(ServiceVolume, name), .required = true, .check = check_volume_name},
        {"size", SCHEMA_SIZE, FIELD(ServiceVolume, size_bytes), .required = true, .min = MIB, .max = 16 * TIB,
         .multiple = 4096},
        {"at", SCHEMA_TEXT, FIELD(ServiceVolume, at), .required = true, .check = check_absolute_path},
        {0},
};
static const SchemaLevel volume_level = {volume_keys, sizeof(ServiceVolume), volume_free};

static const SchemaKey forward_keys[] = {
        {"host", SCHEMA_PORT, FIELD(ServiceForward, host_port), .required = true, .min = 1,
         .max = UINT16_MAX},
        {"guest", SCHEMA_PORT, FIELD(ServiceForward, guest_port), .required = true, .min = 1,
         .max = UINT16_MAX},
        {"protocol", SCHEMA_CHOICE, FIELD(ServiceForward, protocol), .fallback = "tcp", .choices = protocols},
        {0},
};
static const SchemaLevel forward_level = {forward_keys, sizeof(ServiceForward), g_free};

static const SchemaKey allow_keys[] = {
        {"from", SCHEMA_TEXT, FIELD(ServiceAllow, from), .required = true, .check = check_service_or_all},
        {"port", SCHEMA_PORT, FIELD(ServiceAllow, port), .required = true, .min = 1, .max = UINT16_MAX},
        {"protocol", SCHEMA_CHOICE, FIELD(ServiceAllow, protocol), .fallback = "tcp", .choices = protocols},
        {0},
};
static const SchemaLevel allow_level = {allow_keys, sizeof(ServiceAllow), allow_free};

static const SchemaKey network_keys[] = {
        {"address", SCHEMA_TEXT, FIELD(ServiceDescription, address), .check = check_address},
        {"forward", SCHEMA_STRUCTS, FIELD(ServiceDescription, forwards), .level = &forward_level},
        {"allow", SCHEMA_STRUCTS, FIELD(ServiceDescription, allows), .level = &allow_level},
        {"lan", SCHEMA_FLAG, FIELD(ServiceDescription, lan), .fallback = "no"},
        {0},
};
static const SchemaLevel network_level = {network_keys, 0, NULL};

static const SchemaKey health_keys[] = {
        {"http", SCHEMA_TEXT, FIELD(DescriptionDraft, health_http), .check = check_http_target},
        {"tcp", SCHEMA_TEXT, FIELD(DescriptionDraft, health_tcp), .check = check_tcp_target},
        {"within", SCHEMA_SECONDS, FIELD(ServiceDescription, health_within_s), .fallback = "120s", .min = 1,
         .max = 86400},
        {0},
};
static const SchemaLevel health_level = {health_keys, 0, NULL};

static const SchemaKey keys[] = {
        {"service", SCHEMA_TEXT, FIELD(ServiceDescription, service), .required = true,
         .check = check_service_name},
        {"version", SCHEMA_TEXT, FIELD(ServiceDescription, version), .required = true,
         .check = check_version},
        {"architecture", SCHEMA_TEXT, FIELD(ServiceDescription, architecture),
         .fallback = BUILDERS_ARCHITECTURE, .check = check_architecture},
        {"summary", SCHEMA_TEXT, FIELD(ServiceDescription, summary), .fallback = ""},
        {"image", SCHEMA_GROUP, .required = true, .level = &image_level},
        {"kind", SCHEMA_CHOICE, FIELD(ServiceDescription, kind), .fallback = "vm", .choices = kinds},
        {"boot", SCHEMA_CHOICE, FIELD(ServiceDescription, boot), .choices = boots},
        {"firmware", SCHEMA_CHOICE, FIELD(ServiceDescription, firmware), .choices = firmwares},
        {"cmdline", SCHEMA_TEXT, FIELD(ServiceDescription, cmdline), .check = check_kernel_options},
        {"resources", SCHEMA_GROUP, .level = &resource_level},
        {"needs", SCHEMA_TEXTS, FIELD(ServiceDescription, needs), .check = check_service_name},
        {"after", SCHEMA_TEXTS, FIELD(ServiceDescription, after), .check = check_service_name},
        {"priority", SCHEMA_COUNT, FIELD(ServiceDescription, priority), .fallback = "50", .max = 100},
        {"root", SCHEMA_CHOICE, FIELD(ServiceDescription, root), .fallback = "keep", .choices = roots},
        {"update", SCHEMA_CHOICE, FIELD(ServiceDescription, update), .choices = updates},
        {"volumes", SCHEMA_STRUCTS, FIELD(ServiceDescription, volumes), .level = &volume_level},
        {"network", SCHEMA_GROUP, .level = &network_level},
        {"health", SCHEMA_GROUP, .level = &health_level, .instead = "none"},
        {0},
};
/* The description is the draft's first member, so its offsets hold in the draft, too. */
static const SchemaLevel level = {keys, sizeof(DescriptionDraft), NULL};

void description_free(ServiceDescription *description)
{
        if (!description)
                return;
        g_free(description->service);
        g_free(description->version);
        g_free(description->architecture);
        g_free(description->summary);
        g_free(description->cmdline);
        build_free(description->build);
        g_free(description->image_file);
        g_free(description->kernel_file);
        g_free(description->initrd_file);
        g_clear_pointer(&description->volumes, g_ptr_array_unref);
        g_free(description->address);
        g_clear_pointer(&description->forwards, g_ptr_array_unref);
        g_clear_pointer(&description->allows, g_ptr_array_unref);
        g_strfreev(description->needs);
        g_strfreev(description->after);
        g_free(description->health_target);
        g_free(description->directory);
        g_clear_pointer(&description->source, g_bytes_unref);
        DescriptionDraft *draft = (DescriptionDraft *)description;
        g_free(draft->health_http);
        g_free(draft->health_tcp);
        g_free(draft);
}

ServiceDescription *description_parse(GBytes *source, const char *name, const char *directory, GError **error)
{
        if (g_bytes_get_size(source) > DESCRIPTION_MAX_BYTES) {
                fail(error, LAUTTA_ERROR_USAGE, "%s:1: the file is longer than %d bytes", name,
                     DESCRIPTION_MAX_BYTES);
                return NULL;
        }
        if (!yaml_guard(source, name, error))
                return NULL;
        DescriptionDraft *draft = g_new0(DescriptionDraft, 1);
        g_autoptr(ServiceDescription) description = &draft->description;
        g_autoptr(SchemaLines) lines = schema_lines_new();
        if (!schema_yaml_read(&level, source, name, draft, lines, error) ||
            !description_check(draft, lines, name, error))
                return NULL;
        description->source = g_bytes_ref(source);
        description->directory = g_strdup(directory);
        return g_steal_pointer(&description);
}

ServiceDescription *description_load(const char *path, GError **error)
{
        g_autoptr(GBytes) source = file_read(path, READ_MAX_BYTES, error);
        if (!source)
                return NULL;
        g_autofree char *directory = g_path_get_dirname(path);
        return description_parse(source, path, directory, error);
}

char *description_path(const ServiceDescription *description, const char *name)
{
        return g_path_is_absolute(name) ? g_strdup(name)
                                        : g_build_filename(description->directory, name, NULL);
}
