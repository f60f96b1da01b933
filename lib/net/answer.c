/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the headers of a server's answer promise, held against what was asked. */
#include <string.h>

#include "content_range.h"
#include "errors.h"
#include "transfer.h"

/* Borrowed from libcurl until the next request; NULL if absent. The last answer counts, not those that
 * redirected. */
static const char *header_of(const Transfer *transfer, const char *name, size_t *count)
{
        struct curl_header *header = NULL;
        if (curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
                return NULL;
        if (count)
                *count = header->amount;
        return header->value;
}

static bool content_length(const Transfer *transfer, uint64_t *bytes)
{
        curl_off_t length = -1;
        curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        if (length < 0)
                return false;
        *bytes = (uint64_t)length;
        return true;
}

/* A strong entity tag, or NULL: a weak one does not promise the same bytes. */
static char *strong_etag(const Transfer *transfer)
{
        const char *etag = header_of(transfer, "ETag", NULL);
        return etag && etag[0] == '"' ? g_strdup(etag) : NULL;
}

/* 200 for a whole file: from the beginning, whatever earlier tries brought. */
static bool judge_whole(Transfer *transfer)
{
        uint64_t size = UINT64_MAX;
        bool size_is_known = content_length(transfer, &size);
        if (size_is_known && size > transfer->max_bytes)
                return fail(&transfer->error, LAUTTA_ERROR_CORRUPT,
                            "has %" G_GUINT64_FORMAT " bytes, more than the %" G_GUINT64_FORMAT " allowed",
                            size, transfer->max_bytes);
        if (size_is_known && !transfer_stay_within(transfer, size))
                return false;
        g_byte_array_set_size(transfer->whole, 0);
        transfer->received = 0;
        transfer->length = size;
        g_free(transfer->etag);
        transfer->etag = transfer->ask ? NULL : strong_etag(transfer);
        return true;
}

/* 200 for a range: the server does not know ranges, and the file comes from its beginning. */
static bool judge_read_through(Transfer *transfer)
{
        uint64_t size = UINT64_MAX;
        transfer->try.skip = transfer->try.first;
        if (content_length(transfer, &size) && size <= transfer->try.first)
                return fail(&transfer->error, LAUTTA_ERROR_CORRUPT,
                            "ends at %" G_GUINT64_FORMAT ", before %" G_GUINT64_FORMAT
                            " bytes at %" G_GUINT64_FORMAT,
                            size, transfer->length, transfer->offset);
        return true;
}

/* True if the range is the requested one or, where the file ends before its end, the whole rest of the file: good
 * bytes are not thrown away because others are missing. */
static bool range_is_right(const Transfer *transfer, const ContentRange *range)
{
        uint64_t last = transfer->offset + transfer->length - 1;
        bool file_ends_here = range->last < last && range->last == range->total - 1;
        return range->first == transfer->try.first && (range->last == last || file_ends_here);
}

/* True if the answer is the rest of the same file, also where the server does not heed If-Range. If not, the next
 * try begins from the start. */
static bool is_same_file(Transfer *transfer, const ContentRange *range)
{
        const char *etag = header_of(transfer, "ETag", NULL);
        bool other_size = range->total != CONTENT_RANGE_UNKNOWN_TOTAL && range->total != transfer->length;
        if (!other_size && (!etag || g_str_equal(etag, transfer->etag)))
                return true;
        g_clear_pointer(&transfer->etag, g_free);
        return fail(&transfer->error, LAUTTA_ERROR_TRY_AGAIN, "the file changes while it is read");
}

/* 206: the right range, in one part, and a body of that length. */
static bool judge_part(Transfer *transfer)
{
        ContentRange range;
        size_t count = 0;
        if (transfer->whole && transfer->received == 0)
                return fail(&transfer->error, LAUTTA_ERROR_CORRUPT,
                            "the server sends a part where all was asked for");
        const char *text = header_of(transfer, "Content-Range", &count);
        const char *type = header_of(transfer, "Content-Type", NULL);
        if (!text || count != 1 || !content_range_parse(text, &range) ||
            (type && g_ascii_strncasecmp(type, "multipart/", 10) == 0))
                return fail(&transfer->error, LAUTTA_ERROR_CORRUPT,
                            "the server sends a part without saying properly which");
        if (transfer->whole && !is_same_file(transfer, &range))
                return false;
        if (!range_is_right(transfer, &range))
                return fail(&transfer->error, LAUTTA_ERROR_CORRUPT,
                            "the server sends '%s' where %" G_GUINT64_FORMAT " bytes at %" G_GUINT64_FORMAT
                            " were asked for",
                            text, transfer->length - transfer->received, transfer->try.first);
        uint64_t size = 0;
        if (content_length(transfer, &size) && size != range.last - range.first + 1)
                return fail(&transfer->error, LAUTTA_ERROR_CORRUPT,
                            "the server sends %" G_GUINT64_FORMAT " bytes as '%s'", size, text);
        return true;
}

bool answer_judge(Transfer *transfer)
{
        long status = 0;
        if (transfer->try.is_judged)
                return !transfer->error;
        transfer->try.is_judged = true;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        if (transfer->ask && status >= 200 && status < 300 && status != 206)
                return judge_whole(transfer);
        if (status == 206 && !transfer->ask)
                return judge_part(transfer);
        if (status == 200 && !transfer->ask)
                return transfer->whole ? judge_whole(transfer) : judge_read_through(transfer);
        transfer->try.is_refused = true;
        return true;
}
