/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record.h"

#include <string.h>

#include "digest.h"
#include "errors.h"
#include "files.h"

static const char seal_word[] = "sha256 ";

/* The length of the last line, with its newline. */
enum { SEAL_CHARS = sizeof seal_word - 1 + DIGEST_HEX_CHARS + 1 };

static char *make_seal(const char *text, size_t size)
{
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(text, size, digest);
        g_autofree char *hex = digest_to_hex(digest);
        return g_strconcat(seal_word, hex, "\n", NULL);
}

bool record_write(const char *path, const json_t *record, GError **error)
{
        g_autofree char *body =
                json_is_object(record) ? json_dumps(record, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
        if (!body)
                return fail(error, LAUTTA_ERROR_SYSTEM, "cannot write '%s': some text in it is not UTF-8",
                            path);
        g_autofree char *text = g_strconcat(body, "\n", NULL);
        g_autofree char *seal = make_seal(text, strlen(text));
        g_autofree char *whole = g_strconcat(text, seal, NULL);
        g_autofree char *directory = g_path_get_dirname(path);
        if (strlen(whole) > RECORD_MAX_BYTES)
                return fail(error, LAUTTA_ERROR_SYSTEM, "cannot write '%s': it would be longer than %d bytes",
                            path, RECORD_MAX_BYTES);
        return directory_make(directory, 0755, error) &&
               file_write_atomically(path, whole, strlen(whole), 0600, error);
}

json_t *record_parse(GBytes *bytes, const char *name, GError **error)
{
        gsize size = 0;
        const char *text = g_bytes_get_data(bytes, &size);
        size_t body = size > SEAL_CHARS ? size - SEAL_CHARS : 0;
        g_autofree char *seal = body ? make_seal(text, body) : NULL;
        json_t *record = NULL;
        if (seal && memcmp(seal, text + body, SEAL_CHARS) == 0)
                record = json_loadb(text, body, JSON_REJECT_DUPLICATES, NULL);
        if (json_is_object(record))
                return record;
        json_decref(record);
        fail(error, LAUTTA_ERROR_CORRUPT, "the record '%s' is torn or was changed by hand", name);
        return NULL;
}

json_t *record_read(const char *path, GError **error)
{
        g_autoptr(GBytes) bytes = file_read(path, RECORD_MAX_BYTES, error);
        return bytes ? record_parse(bytes, path, error) : NULL;
}

json_t *record_take(const char *path, char **torn, GError **error)
{
        g_autoptr(GError) why = NULL;
        json_t *record = record_read(path, &why);
        if (record || error_is(why, LAUTTA_ERROR_NOT_FOUND))
                return record;
        if (!error_is(why, LAUTTA_ERROR_CORRUPT)) {
                g_propagate_error(error, g_steal_pointer(&why));
                return NULL;
        }
        g_autofree char *aside = g_strconcat(path, ".torn", NULL);
        if (!file_commit(path, aside, error))
                return NULL;
        *torn = g_strdup_printf("%s: it was put aside as '%s', and its facts are found out again",
                                why->message, aside);
        return NULL;
}
