/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any JSON as the report of a pass and as the status of a host, which programs and other machines read. A
 * report that is read must be written and read again as the same. */
#include <stdlib.h>

#include "host_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_report(const json_t *object)
{
        g_autoptr(PassReport) report = pass_report_from_json(object, NULL);
        g_autoptr(json_t) written = report ? pass_report_to_json(report) : NULL;
        g_autoptr(PassReport) again = written ? pass_report_from_json(written, NULL) : NULL;
        g_autoptr(json_t) second = again ? pass_report_to_json(again) : NULL;
        if (report && (!second || !json_equal(written, second)))
                abort();
}

static void check_status(const json_t *object)
{
        g_autoptr(HostStatus) status = host_status_from_json(object, NULL);
        g_autoptr(json_t) written = status ? host_status_to_json(status) : NULL;
        g_autoptr(HostStatus) again = written ? host_status_from_json(written, NULL) : NULL;
        g_autoptr(json_t) second = again ? host_status_to_json(again) : NULL;
        if (status && (!second || !json_equal(written, second)))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(json_t) object = json_loadb((const char *)data, size, 0, NULL);
        if (!object)
                return 0;
        check_report(object);
        check_status(object);
        return 0;
}
