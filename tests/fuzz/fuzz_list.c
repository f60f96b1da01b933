/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the text of a list: refused, or within its bounds, and written back with the same meaning. */
#include <string.h>

#include "debversion.h"
#include "list.h"
#include "list_judge.h"
#include "names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const List *list)
{
        g_assert(host_name_is_valid(list->host) && host_key_is_valid(list->host_key));
        g_assert(list->serial > 0 && list->serial <= LIST_SERIAL_MAX && list->date < list->valid_until);
        g_assert(list->must_have->len <= RELATIONS_MAX && list->services->len <= RELATIONS_MAX);
        for (guint i = 0; i < list->must_have->len; i++) {
                const Relation *relation = list->must_have->pdata[i];
                g_assert(debian_name_is_valid(relation->name));
                g_assert(!relations_find(list->may_not_have, relation->name));
        }
        for (guint i = 0; i < list->may_not_have->len; i++) {
                const Relation *relation = list->may_not_have->pdata[i];
                g_assert(debian_name_is_valid(relation->name) && !package_is_vital(relation->name));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(List) list = list_parse(bytes, "fuzz", &error);
        g_assert((list == NULL) == (error != NULL));
        if (!list)
                return 0;
        check(list);
        g_autoptr(GBytes) text = list_format(list);
        g_autoptr(List) again = list_parse(text, "fuzz", NULL);
        g_autoptr(GBytes) twice = again ? list_format(again) : NULL;
        g_assert(twice && g_bytes_equal(text, twice));
        const uint8_t digest[DIGEST_BYTES] = {0};
        const ListCircumstances here = {.host = list->host, .host_key = list->host_key};
        g_assert(list_judge(list, digest, &here, NULL) == LIST_OBEY);
        return 0;
}
