/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust.h"

#include <string.h>

#include "errors.h"
#include "keys.h"
#include "statement.h"
#include "units.h"

enum { BASE64_LINE_CHARS = 76 };

void trust_free(Trust *trust)
{
        if (!trust)
                return;
        g_free(trust->root);
        g_strfreev(trust->release_keys);
        g_strfreev(trust->list_keys);
        g_clear_pointer(&trust->keyring, g_bytes_unref);
        g_free(trust);
}

static bool read_format(void *into, const char *value, GError **error)
{
        return statement_read_format(value, "lautta-trust", "trust.list", error);
}

static bool read_serial(void *into, const char *value, GError **error)
{
        return statement_read_serial(value, &((Trust *)into)->serial, error);
}

static bool read_date(void *into, const char *value, GError **error)
{
        return statement_read_time(value, &((Trust *)into)->date, error);
}

static bool read_valid_until(void *into, const char *value, GError **error)
{
        return statement_read_time(value, &((Trust *)into)->valid_until, error);
}

static bool check_fingerprint(const char *text, GError **error)
{
        if (strlen(text) == FINGERPRINT_CHARS && strspn(text, "0123456789ABCDEF") == FINGERPRINT_CHARS)
                return true;
        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a fingerprint of %d upper-case hex digits",
                    text, FINGERPRINT_CHARS);
}

static bool read_root(void *into, const char *value, GError **error)
{
        ((Trust *)into)->root = g_strdup(value);
        return check_fingerprint(value, error);
}

/* Reads one fingerprint a line, each once. */
static bool read_fingerprints(const char *value, GStrv *keys, GError **error)
{
        g_auto(GStrv) lines = g_strsplit(value, "\n", -1);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (char **line = lines; *line; line++) {
                if (!*g_strstrip(*line))
                        continue;
                if (!check_fingerprint(*line, error))
                        return false;
                if (!g_hash_table_add(seen, *line))
                        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is there twice", *line);
                g_strv_builder_add(builder, *line);
        }
        guint count = g_hash_table_size(seen);
        if (count == 0 || count > TRUST_KEYS_MAX)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it names %u keys, not 1 to %d", count,
                            TRUST_KEYS_MAX);
        *keys = g_strv_builder_end(builder);
        return true;
}

static bool read_release_keys(void *into, const char *value, GError **error)
{
        return read_fingerprints(value, &((Trust *)into)->release_keys, error);
}

static bool read_list_keys(void *into, const char *value, GError **error)
{
        return read_fingerprints(value, &((Trust *)into)->list_keys, error);
}

/* Returns: owned base64 in lines of 76 characters, the only accepted form. */
static char *format_keyring(GBytes *keyring)
{
        size_t size = 0;
        const guchar *data = g_bytes_get_data(keyring, &size);
        g_autofree char *base64 = g_base64_encode(data, size);
        size_t length = strlen(base64);
        GString *out = g_string_new(NULL);
        for (size_t i = 0; i < length; i += BASE64_LINE_CHARS)
                g_string_append_printf(out, "\n %.*s", BASE64_LINE_CHARS, base64 + i);
        return g_string_free(out, false);
}

static bool read_keyring(void *into, const char *value, GError **error)
{
        Trust *trust = into;
        g_auto(GStrv) words = g_strsplit_set(value, " \n\t", -1);
        g_autofree char *base64 = g_strjoinv("", words);
        gsize size = 0;
        g_autofree guchar *data = g_base64_decode(base64, &size);
        g_autofree char *again = g_base64_encode(data, size);
        if (size == 0 || size > TRUST_KEYRING_MAX_BYTES || strcmp(again, base64) != 0)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it is not the base64 of 1 to %d bytes",
                            TRUST_KEYRING_MAX_BYTES);
        trust->keyring = g_bytes_new(data, size);
        return true;
}

static const StatementField fields[] = {
        {"Format", read_format, true, false},
        {"Serial", read_serial, true, false},
        {"Date", read_date, true, false},
        {"Valid-Until", read_valid_until, true, false},
        {"Root-Key", read_root, true, false},
        {"Release-Keys", read_release_keys, true, true},
        {"List-Keys", read_list_keys, true, true},
        {"Keys", read_keyring, true, true},
        {0},
};

Trust *trust_parse(GBytes *text, const char *name, GError **error)
{
        g_autoptr(Trust) trust = g_new0(Trust, 1);
        if (!statement_parse(text, name, TRUST_MAX_BYTES, fields, trust, error))
                return NULL;
        if (trust->valid_until > trust->date)
                return g_steal_pointer(&trust);
        fail(error, LAUTTA_ERROR_CORRUPT, "%s: Valid-Until is not after Date", name);
        return NULL;
}

GBytes *trust_format(const Trust *trust)
{
        g_autofree char *release_keys = g_strjoinv("\n ", trust->release_keys);
        g_autofree char *list_keys = g_strjoinv("\n ", trust->list_keys);
        g_autofree char *keyring = format_keyring(trust->keyring);
        GString *out = g_string_new("Format: lautta-trust/1\n");
        g_string_append_printf(out, "Serial: %" G_GINT64_FORMAT "\n", trust->serial);
        statement_add_time(out, "Date", trust->date);
        statement_add_time(out, "Valid-Until", trust->valid_until);
        g_string_append_printf(out, "Root-Key: %s\nRelease-Keys:\n %s\nList-Keys:\n %s\nKeys:%s\n",
                               trust->root, release_keys, list_keys, keyring);
        return g_string_free_to_bytes(out);
}

bool trust_is_same(const Trust *a, const Trust *b)
{
        return strcmp(a->root, b->root) == 0 &&
               g_strv_equal((const char *const *)a->release_keys, (const char *const *)b->release_keys) &&
               g_strv_equal((const char *const *)a->list_keys, (const char *const *)b->list_keys) &&
               g_bytes_equal(a->keyring, b->keyring);
}

static TrustVerdict judge_serial(const Trust *trust, const uint8_t sha256[DIGEST_BYTES], int64_t seen_serial,
                                 const uint8_t seen_sha256[DIGEST_BYTES], GError **error)
{
        if (trust->serial < seen_serial) {
                fail(error, LAUTTA_ERROR_UNTRUSTED,
                     "trust.list has the serial %" G_GINT64_FORMAT ", which is lower than %" G_GINT64_FORMAT
                     ", which was seen: this copy of it is out of date or was set back",
                     trust->serial, seen_serial);
                return TRUST_SERIAL_LOWER;
        }
        if (trust->serial == seen_serial && memcmp(sha256, seen_sha256, DIGEST_BYTES) != 0) {
                fail(error, LAUTTA_ERROR_UNTRUSTED,
                     "trust.list has the serial %" G_GINT64_FORMAT
                     " of the one before and says something else",
                     trust->serial);
                return TRUST_SERIAL_REUSED;
        }
        return TRUST_OBEY;
}

TrustVerdict trust_judge(const Trust *trust, const uint8_t sha256[DIGEST_BYTES], int64_t seen_serial,
                         const uint8_t seen_sha256[DIGEST_BYTES], int64_t now, int64_t newest_date,
                         GError **error)
{
        TrustVerdict verdict = judge_serial(trust, sha256, seen_serial, seen_sha256, error);
        int64_t time = MAX(now, MAX(newest_date, trust->date));
        if (verdict != TRUST_OBEY || time <= trust->valid_until)
                return verdict;
        g_autofree char *until = time_format(trust->valid_until);
        g_autofree char *is = time_format(time);
        fail(error, LAUTTA_ERROR_UNTRUSTED,
             "trust.list expired at %s, and it is %s: what runs keeps running, and nothing is installed",
             until, is);
        return TRUST_EXPIRED;
}
