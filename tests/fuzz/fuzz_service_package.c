/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The members of a service package, as tars: accepted ones have the parts, within the bytes that came. */
#include <stddef.h>
#include <stdint.h>

#include "service_package_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_within(Span span, const uint8_t *data, size_t size)
{
        const uint8_t *start = (const uint8_t *)span.text;
        return !start || (start >= data && span.size <= size && start + span.size <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const PackageEntry entry = {
                .service = (char *)"web", .version = (char *)"1:1.0-1", .architecture = (char *)"arm64"};
        g_autoptr(GBytes) tar = g_bytes_new_static(data, size);
        ServicePackageParts parts;
        service_package_check_control(tar, &entry, NULL);
        if (!service_package_check_data(tar, "web", &parts, NULL))
                return 0;
        g_assert_true(parts.description.text && parts.image_index.text);
        g_assert_true(is_within(parts.description, data, size) && is_within(parts.image_index, data, size));
        g_assert_true(is_within(parts.kernel_index, data, size) && is_within(parts.initrd_index, data, size));
        return 0;
}
