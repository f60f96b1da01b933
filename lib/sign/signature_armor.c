/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signature_armor.h"

#include <string.h>

#include "packet.h"

/* gpg writes lines of 64 characters; RFC 4880 allows 76. */
enum { LINE_MAX_CHARS = 76, CHECKSUM_CHARS = 5 };

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool refuse(GError **error, const char *what)
{
        return fail(error, LAUTTA_ERROR_UNTRUSTED, "the signature block %s", what);
}

static size_t count_base64(Span line)
{
        size_t count = 0;
        while (count < line.size && line.text[count] && strchr(base64, line.text[count]))
                count++;
        return count;
}

/* True for a header "Name: text"; gpg writes headers only if its user asks for them. */
static bool is_header(Span line)
{
        const char *colon = memchr(line.text, ':', line.size);
        return colon && g_ascii_isalpha(line.text[0]) && (size_t)(colon - line.text) + 1 < line.size &&
               colon[1] == ' ';
}

static bool skip_headers(Span *lines, GError **error)
{
        Span line = {0};
        while (span_next_line(lines, &line)) {
                if (line.size == 0)
                        return true;
                if (!is_header(line))
                        break;
        }
        return refuse(error, "has no empty line before its signatures");
}

static bool is_checksum(Span line)
{
        return line.size == CHECKSUM_CHARS && line.text[0] == '=' &&
               count_base64((Span){line.text + 1, line.size - 1}) == CHECKSUM_CHARS - 1;
}

/* Append the characters of a line of data. `ended` once the padding came. */
static bool take_data(Span line, GString *data, bool *ended)
{
        size_t count = count_base64(line);
        size_t padding = line.size - count;
        bool is_padded = padding <= 2 && memcmp(line.text + count, "==", padding) == 0;
        if (*ended || line.size == 0 || line.size > LINE_MAX_CHARS || !is_padded)
                return false;
        g_string_append_len(data, line.text, (gssize)line.size);
        *ended = padding > 0;
        return padding == 0 || data->len % 4 == 0;
}

/* Returns: owned bytes. Reads as strictly as possible, so that gpgv's reader cannot read the block differently. */
static GBytes *decode(Span lines, GError **error)
{
        g_autoptr(GString) data = g_string_new(NULL);
        Span line = {0};
        bool ended = false, good = skip_headers(&lines, error);
        if (!good)
                return NULL;
        while (good && span_next_line(&lines, &line)) {
                if (is_checksum(line) && lines.size == 0)
                        break;
                good = take_data(line, data, &ended) && data->len <= SIGNATURE_BLOCK_MAX_BYTES / 3 * 4;
        }
        if (!good || data->len % 4 != 0) {
                refuse(error, "is not base64 as RFC 4880 has it, or is too long");
                return NULL;
        }
        gsize size = 0;
        guchar *bytes = g_base64_decode(data->str, &size);
        return g_bytes_new_take(bytes, size);
}

bool signature_armor_check(Span lines, GError **error)
{
        g_autoptr(GBytes) bytes = decode(lines, error);
        if (!bytes)
                return false;
        Span rest = span_of(bytes);
        size_t count = 0;
        while (rest.size > 0) {
                Packet packet = {0};
                if (!packet_take(&rest, &packet))
                        return refuse(error, "holds a packet without a definite length");
                if (packet.tag != PACKET_SIGNATURE)
                        return fail(
                                error, LAUTTA_ERROR_UNTRUSTED,
                                "the signature block holds a packet of type %d, and only signatures may be in it",
                                packet.tag);
                if (++count > SIGNATURE_BLOCK_MAX_PACKETS)
                        return refuse(error, "holds too many signatures");
        }
        return count > 0 || refuse(error, "is empty");
}
