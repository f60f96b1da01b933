/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"

#include <stdio.h>

#include "errors.h"

bool output_json(json_t *object, GError **error)
{
        if (!object)
                return fail(error, LAUTTA_ERROR_SYSTEM,
                            "cannot make JSON of the result: some text is not UTF-8");
        int failed = json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        json_decref(object);
        if (failed || putchar('\n') == EOF)
                return fail_errno(error, "cannot write to standard output");
        return true;
}
