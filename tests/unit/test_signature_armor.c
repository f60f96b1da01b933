/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The block of a signature, each case as its armor or as the packets in hex that are to be armored. */
#include "signature_armor.h"

#include "cases.h"

static void append_hex(GByteArray *bytes, const char *hex)
{
        for (; g_ascii_isxdigit(hex[0]); hex += 2) {
                const guint8 octet =
                        (guint8)(g_ascii_xdigit_value(hex[0]) * 16 + g_ascii_xdigit_value(hex[1]));
                g_byte_array_append(bytes, &octet, 1);
        }
}

/* "HEX" or "HEXxCOUNT" words. Returns: owned armor in lines of 64 characters. */
static char *armor(const char *words)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_auto(GStrv) parts = g_strsplit_set(words, " \n", -1);
        for (char **part = parts; *part; part++) {
                char *times = strchr(*part, 'x');
                guint64 count = times ? g_ascii_strtoull(times + 1, NULL, 10) : 1;
                for (guint64 i = 0; i < count; i++)
                        append_hex(bytes, *part);
        }
        g_autofree char *plain = g_base64_encode(bytes->data, bytes->len);
        g_autoptr(GString) lines = g_string_new("\n");
        for (size_t i = 0; i < strlen(plain); i += 64)
                g_string_append_printf(lines, "%.64s\n", plain + i);
        return g_string_free(g_steal_pointer(&lines), false);
}

static void run_case(const void *data)
{
        static const char packets[] = "packets: ";
        const Case *one = data;
        g_autoptr(GError) error = NULL;
        g_autofree char *block = g_str_has_prefix(one->input, packets) ? armor(one->input + strlen(packets))
                                                                       : g_strdup(one->input);
        bool good = signature_armor_check((Span){block, strlen(block)}, &error);
        g_assert_cmpstr(error ? error->message : "", ==, one->expected);
        g_assert_cmpstr(good ? "good" : "refused", ==, one->kind);
        g_assert_true(good || error_is(error, LAUTTA_ERROR_UNTRUSTED));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("signature-armor", 30, run_case);
        return g_test_run();
}
