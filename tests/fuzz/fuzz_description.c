/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a service description: refused with file and line, or every value follows the rules. */
#include "description.h"

#include <string.h>

#include "debversion.h"
#include "errors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_build(const ServiceBuild *build)
{
        g_assert(build->size_bytes % 4096 == 0 && build->size_bytes <= UINT64_C(16) << 40);
        for (char **script = build->customize; *script; script++)
                g_assert(**script != '/' && !g_str_has_prefix(*script, "../"));
        for (char **package = build->packages; *package; package++)
                g_assert(g_ascii_isalnum(**package) && !strpbrk(*package, ", \n"));
        for (guint i = 0; i < build->copy->len; i++) {
                const ServiceCopy *copy = build->copy->pdata[i];
                g_assert(*copy->from != '/' && *copy->to == '/');
        }
}

static void check(const ServiceDescription *description)
{
        g_assert(debian_name_is_valid(description->service) && debian_version_is_valid(description->version));
        g_assert(architecture_is_valid(description->architecture));
        g_assert(!strchr(description->summary, '\n'));
        g_assert((description->build == NULL) != (description->image_file == NULL));
        g_assert((description->health == HEALTH_NONE) == (description->health_target == NULL));
        if (description->build)
                check_build(description->build);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(ServiceDescription) description = description_parse(bytes, "fuzz", "/", &error);
        g_assert((description == NULL) == (error != NULL));
        if (description)
                check(description);
        else
                g_assert(g_str_has_prefix(error->message, "fuzz:") && error_is(error, LAUTTA_ERROR_USAGE));
        return 0;
}
