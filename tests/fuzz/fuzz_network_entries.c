/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any XML as that of a network, from libvirt or a stranger: the entries are written as XML that reads as
 * the same entries. */
#include <stddef.h>
#include <stdint.h>

#include "network_entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *network_of(GHashTable *dhcp, GHashTable *dns)
{
        g_autofree char **hosts = (char **)g_hash_table_get_keys_as_array(dhcp, NULL);
        g_autofree char **names = (char **)g_hash_table_get_keys_as_array(dns, NULL);
        g_autofree char *all_hosts = g_strjoinv("", hosts);
        g_autofree char *all_names = g_strjoinv("", names);
        return g_strdup_printf("<network><ip><dhcp>%s</dhcp></ip><dns>%s</dns></network>", all_hosts,
                               all_names);
}

static void check_same(GHashTable *before, GHashTable *after)
{
        g_assert_cmpuint(g_hash_table_size(before), ==, g_hash_table_size(after));
        GHashTableIter iter;
        void *entry = NULL;
        for (g_hash_table_iter_init(&iter, before); g_hash_table_iter_next(&iter, &entry, NULL);)
                g_assert_true(g_hash_table_contains(after, entry));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *xml = g_strndup((const char *)data, size);
        g_autoptr(NetworkEntries) entries = network_entries_read(xml, NULL);
        if (!entries)
                return 0;
        g_autofree char *again = network_of(entries->dhcp, entries->dns);
        g_autoptr(GError) error = NULL;
        g_autoptr(NetworkEntries) same = network_entries_read(again, &error);
        g_assert_no_error(error);
        check_same(entries->dhcp, same->dhcp);
        check_same(entries->dns, same->dns);
        return 0;
}
