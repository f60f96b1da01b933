/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "orders_seen.h"

#include <string.h>

#include "errors.h"
#include "record.h"

static const char *const kinds[] = {[SEEN_LIST] = "list", [SEEN_TRUST] = "trust"};

struct OrdersSeen {
        char *path;
        json_t *record; /* {"medium": ..., "signers": {FINGERPRINT: {"date":, "list": {"serial":, "sha256":},
                           ...}}} */
        json_t *signers;
        bool changed;
};

void orders_seen_free(OrdersSeen *seen)
{
        if (!seen)
                return;
        g_free(seen->path);
        json_decref(seen->record);
        g_free(seen);
}

static json_t *read_record(const char *path, bool only_look, GPtrArray *told, GError **error)
{
        g_autofree char *torn = NULL;
        g_autoptr(GError) why = NULL;
        json_t *record = only_look ? record_read(path, &why) : record_take(path, &torn, error);
        if (torn)
                g_ptr_array_add(told, g_steal_pointer(&torn));
        if (why && error_is(why, LAUTTA_ERROR_CORRUPT))
                g_ptr_array_add(told, g_strdup(why->message));
        else if (why && !error_is(why, LAUTTA_ERROR_NOT_FOUND))
                g_propagate_error(error, g_steal_pointer(&why));
        return record;
}

OrdersSeen *orders_seen_load(const char *path, const char *medium, bool only_look, GPtrArray *told,
                             GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(OrdersSeen) seen = g_new0(OrdersSeen, 1);
        seen->path = g_strdup(path);
        seen->record = read_record(path, only_look, told, &why);
        if (why) {
                g_propagate_error(error, g_steal_pointer(&why));
                return NULL;
        }
        const char *before = json_string_value(json_object_get(seen->record, "medium"));
        seen->signers = json_object_get(seen->record, "signers");
        if (g_strcmp0(before, medium) != 0 || !json_is_object(seen->signers)) {
                json_decref(seen->record);
                seen->record = json_pack("{s:s, s:{}}", "medium", medium, "signers");
                seen->signers = json_object_get(seen->record, "signers");
        }
        return g_steal_pointer(&seen);
}

static bool is_among(const char *const *signers, const char *signer)
{
        return !signers || g_strv_contains(signers, signer);
}

/* Returns: the serial of an entry that is whole, or 0. */
static int64_t entry_serial(const json_t *entry, SeenKind kind, uint8_t sha256[DIGEST_BYTES])
{
        const json_t *one = json_object_get(entry, kinds[kind]);
        const char *hex = json_string_value(json_object_get(one, "sha256"));
        return hex && digest_from_hex(hex, sha256) ? json_integer_value(json_object_get(one, "serial")) : 0;
}

int64_t orders_seen_serial(const OrdersSeen *seen, SeenKind kind, const char *const *signers,
                           uint8_t sha256[DIGEST_BYTES])
{
        int64_t greatest = 0;
        const char *signer = NULL;
        json_t *entry = NULL;
        json_object_foreach (seen->signers, signer, entry) {
                uint8_t digest[DIGEST_BYTES];
                int64_t serial = is_among(signers, signer) ? entry_serial(entry, kind, digest) : 0;
                if (serial <= greatest)
                        continue;
                greatest = serial;
                memcpy(sha256, digest, DIGEST_BYTES);
        }
        return greatest;
}

bool orders_seen_has(const OrdersSeen *seen, SeenKind kind, const uint8_t sha256[DIGEST_BYTES])
{
        const char *signer = NULL;
        json_t *entry = NULL;
        bool has = false;
        json_object_foreach (seen->signers, signer, entry) {
                uint8_t digest[DIGEST_BYTES];
                has = has ||
                      (entry_serial(entry, kind, digest) > 0 && memcmp(digest, sha256, DIGEST_BYTES) == 0);
        }
        return has;
}

int64_t orders_seen_date(const OrdersSeen *seen, const char *signer)
{
        int64_t newest = 0;
        const char *name = NULL;
        json_t *entry = NULL;
        json_object_foreach (seen->signers, name, entry) {
                if (!signer || strcmp(name, signer) == 0)
                        newest = MAX(newest, json_integer_value(json_object_get(entry, "date")));
        }
        return newest;
}

static json_t *entry_of(OrdersSeen *seen, const char *signer)
{
        if (!json_is_object(json_object_get(seen->signers, signer)))
                json_object_set_new(seen->signers, signer, json_object());
        return json_object_get(seen->signers, signer);
}

void orders_seen_note(OrdersSeen *seen, SeenKind kind, const char *signer, int64_t serial,
                      const uint8_t sha256[DIGEST_BYTES])
{
        uint8_t before[DIGEST_BYTES];
        json_t *entry = entry_of(seen, signer);
        if (entry_serial(entry, kind, before) >= serial)
                return;
        g_autofree char *hex = digest_to_hex(sha256);
        json_object_set_new(entry, kinds[kind],
                            json_pack("{s:I, s:s}", "serial", (json_int_t)serial, "sha256", hex));
        seen->changed = true;
}

void orders_seen_note_date(OrdersSeen *seen, const char *signer, int64_t date)
{
        json_t *entry = entry_of(seen, signer);
        if (json_integer_value(json_object_get(entry, "date")) >= date)
                return;
        json_object_set_new(entry, "date", json_integer(date));
        seen->changed = true;
}

bool orders_seen_save(OrdersSeen *seen, GError **error)
{
        if (!seen->changed)
                return true;
        if (!record_write(seen->path, seen->record, error))
                return false;
        seen->changed = false;
        return true;
}
