/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pure part of signature.h: the outer form of a message and of a keyring. */
#include "signature.h"

#include <string.h>

#include "deb822.h"
#include "errors.h"
#include "signature_armor.h"

/* gpgv cuts lines at 20,000 bytes; Lautta's lines are far shorter. */
enum { LINE_MAX_BYTES = 16000 };

static const char begin_message[] = "-----BEGIN PGP SIGNED MESSAGE-----";
static const char begin_signature[] = "-----BEGIN PGP SIGNATURE-----";
static const char end_signature[] = "-----END PGP SIGNATURE-----";

static bool has_prefix(Span span, const char *prefix)
{
        size_t size = strlen(prefix);
        return span.size >= size && memcmp(span.text, prefix, size) == 0;
}

/* Position of a walk over the lines. */
typedef enum { AT_START, IN_HEADERS, IN_TEXT, IN_SIGNATURE, AT_END } Place;

/* Returns: the fault of `line` at this place, or NULL after moving on. */
static const char *step(Place *place, Span line)
{
        switch (*place) {
        case AT_START:
                *place = IN_HEADERS;
                return span_is(line, begin_message) ? NULL : "it does not begin with a clear-signed message";
        case IN_HEADERS:
                if (line.size == 0)
                        *place = IN_TEXT;
                return line.size == 0 || has_prefix(line, "Hash: ") ? NULL : "a header other than 'Hash'";
        case IN_TEXT:
                if (span_is(line, begin_signature))
                        *place = IN_SIGNATURE;
                else if (has_prefix(line, "-") && !has_prefix(line, "- "))
                        return "a line of the signed text begins with an unescaped dash";
                return NULL;
        case IN_SIGNATURE:
                if (span_is(line, end_signature))
                        *place = AT_END;
                else if (has_prefix(line, "-"))
                        return "another block inside the signature";
                return NULL;
        case AT_END:
        default:
                return "text after the signature";
        }
}

static bool refuse(size_t line, const char *what, GError **error)
{
        return fail(error, LAUTTA_ERROR_UNTRUSTED, "line %zu: %s; it must be exactly one clear-signed block",
                    line, what);
}

bool signature_check_form(GBytes *message, GError **error)
{
        Span rest = span_of(message);
        Span line = {0};
        Place place = AT_START;
        size_t number = 0;
        Span armor = {0};
        while (span_next_line(&rest, &line)) {
                Place before = place;
                number++;
                if (line.size > LINE_MAX_BYTES)
                        return refuse(number, "the line is too long", error);
                const char *what = step(&place, line);
                if (!what && (memchr(line.text, '\0', line.size) || memchr(line.text, '\r', line.size)))
                        what = "a NUL or CR character";
                if (what)
                        return refuse(number, what, error);
                if (before == IN_TEXT && place == IN_SIGNATURE)
                        armor = rest;
                else if (before == IN_SIGNATURE && place == AT_END)
                        armor.size = (size_t)(line.text - armor.text);
        }
        if (place != AT_END)
                return refuse(number, "the message is cut short", error);
        return signature_armor_check(armor, error);
}

GBytes *signature_open_unverified(GBytes *message, GError **error)
{
        if (!signature_check_form(message, error))
                return NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        Span rest = span_of(message);
        Span line = {0};
        Place place = AT_START;
        while (span_next_line(&rest, &line)) {
                Place before = place;
                step(&place, line);
                if (before != IN_TEXT || place != IN_TEXT)
                        continue;
                size_t escape = has_prefix(line, "- ") ? 2 : 0;
                while (line.size > escape && strchr(" \t", line.text[line.size - 1]))
                        line.size--; /* RFC 4880, 7.1: blanks at the end of a line are not signed */
                g_string_append_len(text, line.text + escape, (gssize)(line.size - escape));
                g_string_append_c(text, '\n');
        }
        return g_string_free_to_bytes(g_steal_pointer(&text));
}

/* Decodes the armored block whose BEGIN line was just read; true once its END line is read. */
static bool dearmor_block(Span *rest, GByteArray *out)
{
        Span line = {0};
        bool in_body = false;
        g_autoptr(GString) base64 = g_string_new(NULL);
        while (span_next_line(rest, &line)) {
                if (line.size > 0 && line.text[line.size - 1] == '\r')
                        line.size--;
                if (has_prefix(line, "-----END PGP PUBLIC KEY BLOCK-----")) {
                        gsize size = 0;
                        g_autofree guchar *data = g_base64_decode(base64->str, &size);
                        g_byte_array_append(out, data, (guint)size);
                        return size > 0;
                }
                if (!in_body)
                        in_body = line.size == 0;
                else if (line.size > 0 && line.text[0] != '=') /* the line of '=' is an optional checksum */
                        g_string_append_len(base64, line.text, (gssize)line.size);
        }
        return false;
}

GBytes *signature_dearmor(GBytes *keyring, GError **error)
{
        Span rest = span_of(keyring);
        bool is_packet = rest.size > 0 && (rest.text[0] & 0x80);
        bool is_keybox = rest.size > 12 && memcmp(rest.text + 8, "KBXf", 4) == 0;
        if (is_packet || is_keybox)
                return g_bytes_ref(keyring);
        g_autoptr(GByteArray) out = g_byte_array_new();
        Span line = {0};
        while (span_next_line(&rest, &line)) {
                if (!has_prefix(line, "-----BEGIN PGP PUBLIC KEY BLOCK-----"))
                        continue;
                if (!dearmor_block(&rest, out)) {
                        fail(error, LAUTTA_ERROR_UNTRUSTED, "an armored key in it is cut short");
                        return NULL;
                }
        }
        if (out->len == 0) {
                fail(error, LAUTTA_ERROR_UNTRUSTED, "it holds no OpenPGP public key");
                return NULL;
        }
        return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}
